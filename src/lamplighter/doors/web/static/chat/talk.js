// The page on which a person leads a conversation: what is said appears, and what stands beside it follows.
import { showTurn, watch } from "./stream.js";

const talk = document.getElementById("talk");
const turns = document.getElementById("turns");
const panel = document.getElementById("panel");

async function refresh() {
  const response = await fetch(talk.dataset.panel);
  if (response.ok) panel.innerHTML = await response.text();
}

if (talk.dataset.news) {
  watch(talk.dataset.news, Number(talk.dataset.last), {
    turn: (told) => {
      showTurn(turns, told.html);
      refresh();
    },
    over: () => window.location.reload(),
  });
}

panel.addEventListener("click", (event) => {
  const said = event.target.closest("[data-use]")?.dataset.use;
  const field = document.getElementById("words");
  if (!said || !field) return;
  field.value = [field.value.trim(), said].filter(Boolean).join("\n");
  field.focus();
});

document.getElementById("words")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
});
turns.lastElementChild?.scrollIntoView({ block: "nearest" });
