// Before the page is drawn: the theme chosen on this browser, else that of the system.
(() => {
  const kept = localStorage.getItem("lamplighter-theme");
  const wanted = kept || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.bsTheme = wanted;
})();
