// What every page does: open the menu on a telephone, switch the theme, print.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const opened = document.getElementById(opener.dataset.opens).classList.toggle("show");
    opener.setAttribute("aria-expanded", String(opened));
  }
  if (event.target.closest("[data-print]")) window.print();
  if (event.target.closest("[data-theme-switch]")) {
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.documentElement.dataset.bsTheme = next;
    localStorage.setItem("lamplighter-theme", next);
    document.dispatchEvent(new Event("lamplighter:theme"));
  }
});

// A form that was sent is not sent a second time by a second click; the server refuses it as well.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// A table that is wider than the screen is scrolled by keyboard as well.
function letTablesScroll() {
  for (const each of document.querySelectorAll(".table-responsive")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
}
for (const moment of ["DOMContentLoaded", "htmx:after:swap"]) document.addEventListener(moment, letTablesScroll);
addEventListener("resize", letTablesScroll);
