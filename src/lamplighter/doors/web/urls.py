"""The addresses of the desk."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path

from lamplighter.doors.web.views import account as own
from lamplighter.doors.web.views import areas, customers, home, planning, search, suspicions, tonight

urlpatterns = [
    path("", home.home, name="home"),
    path("tonight/", tonight.tonight, name="tonight"),
    path("areas/", areas.areas, name="areas"),
    path("areas/<str:area_id>/", areas.area, name="area"),
    path("suspicions/", suspicions.suspicions, name="suspicions"),
    path("suspicions/<int:number>/", suspicions.suspicion, name="suspicion"),
    path("plan/", planning.plan, name="plan"),
    path("plan/make/", planning.make, name="plan_make"),
    path("plan/crews/", planning.crews, name="crews"),
    path("plan/crews/<int:number>/remove/", planning.remove, name="crew_remove"),
    path("plan/<int:number>/change/", planning.change, name="plan_change"),
    path("plan/<int:number>/danger/", planning.danger, name="plan_danger"),
    path("plan/<int:number>/sheet/<int:place>/", planning.sheet, name="plan_sheet"),
    path("plan/<int:number>/plan.<str:kind>", planning.export, name="plan_export"),
    path("visits/", planning.visits, name="visits"),
    path("search/", search.search, name="search"),
    path("customers/<int:number>/", customers.customer, name="customer"),
    path("customers/<int:number>/curve/", customers.curve, name="customer_curve"),
    path("account/", own.account, name="account"),
    path("language/", own.choose_language, name="choose_language"),
    path("accounts/login/", account.login, name="account_login"),
    # Closed by the adapter; its name is what allauth's log-in page asks for.
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", account.password_change, name="account_change_password"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
