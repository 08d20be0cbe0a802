"""The addresses of the desk."""

from __future__ import annotations

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from lamplighter.doors.web import single_sign_on
from lamplighter.doors.web.views import account as own
from lamplighter.doors.web.views import (
    areas,
    case_papers,
    cases,
    customers,
    home,
    jobs,
    list_tools,
    planning,
    search,
    suspicions,
    tokens,
    tonight,
    trail,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("tonight/", tonight.tonight, name="tonight"),
    path("areas/", areas.areas, name="areas"),
    path("areas/<str:area_id>/", areas.area, name="area"),
    path("suspicions/", suspicions.suspicions, name="suspicions"),
    path("suspicions/<int:number>/", suspicions.suspicion, name="suspicion"),
    path("suspicions/<int:number>/decide/", suspicions.decide, name="suspicion_decide"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<int:number>/", cases.case, name="case"),
    path("cases/<int:number>/task/<slug:task>/", cases.complete, name="case_task"),
    path("cases/<int:number>/hold/", cases.hold, name="case_hold"),
    path("cases/<int:number>/go-on/", cases.resume, name="case_go_on"),
    path("cases/<int:number>/give-up/", cases.abandon, name="case_give_up"),
    path("cases/<int:number>/comments/", cases.comment, name="case_comment"),
    path("cases/<int:number>/evidence/", case_papers.upload, name="case_upload"),
    path("cases/<int:number>/evidence/<int:file>/", case_papers.evidence, name="case_file"),
    path("cases/<int:number>/amounts/", case_papers.amounts, name="case_amounts"),
    path("cases/<int:number>/notices/", case_papers.notices, name="case_notices"),
    path("cases/<int:number>/notices/<int:notice>/", case_papers.notice, name="case_notice"),
    path("verify/", case_papers.verify, name="verify"),
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
    path("customers/<int:number>/clear/", customers.unmask, name="unmask_customer"),
    path("lists/<slug:listed>/export/", list_tools.export, name="export_list"),
    path("lists/<slug:listed>/views/", list_tools.keep_view, name="keep_view"),
    path("lists/<slug:listed>/views/<int:number>/remove/", list_tools.drop_view, name="drop_view"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:number>/", jobs.job, name="job"),
    path("jobs/<int:number>/cancel/", jobs.cancel, name="cancel_job"),
    path("jobs/<int:number>/retry/", jobs.retry, name="retry_job"),
    path("jobs/<int:number>/file/", jobs.download, name="job_file"),
    path("trail/", trail.trail, name="trail"),
    path("trail/verify/", trail.verify, name="verify_trail"),
    path("security/", trail.security, name="security"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/make/", tokens.make, name="token_make"),
    path("tokens/<int:number>/release/", tokens.release, name="token_release"),
    path("tokens/<int:number>/revoke/", tokens.revoke, name="token_revoke"),
    # By name: the API stands on the pages' lists and exports, and is joined to them here alone.
    path("api/v1/", include("lamplighter.doors.api.urls")),
    path("account/", own.account, name="account"),
    path("language/", own.choose_language, name="choose_language"),
    path("accounts/login/", account.login, name="account_login"),
    # Closed by the adapter; its name is what allauth's log-in page asks for.
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", account.password_change, name="account_change_password"),
    # /accounts/oidc/company/login/ and its callback; there is nothing behind them where no provider is written down.
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("accounts/oidc-failed/", login_not_required(single_sign_on.failed), name="socialaccount_login_cancelled"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
