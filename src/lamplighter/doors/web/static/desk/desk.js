// What every page does: open the menu on a telephone, switch the theme.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const opened = document.getElementById(opener.dataset.opens).classList.toggle("show");
    opener.setAttribute("aria-expanded", String(opened));
  }
  if (event.target.closest("[data-theme-switch]")) {
    const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.documentElement.dataset.bsTheme = next;
    localStorage.setItem("lamplighter-theme", next);
    document.dispatchEvent(new Event("lamplighter:theme"));
  }
});
