// The chat with script: the answer comes as a stream of sentences. Without it the same forms lead to whole pages.
import { showTurn, watch } from "./stream.js";

const words = JSON.parse(document.getElementById("chat-words").textContent);
const turns = document.getElementById("turns");
const form = document.getElementById("say");
const field = document.getElementById("words");
const standing = document.getElementById("standing");
let last = Number(document.body.dataset.last || 0);
let isWatching = false;

function addTurn(who, said) {
  const turn = document.createElement("li");
  turn.className = `turn ${who}`;
  const name = document.createElement("span");
  name.className = "who";
  name.textContent = who === "agent" ? words.us : words.you;
  const paragraph = document.createElement("p");
  paragraph.textContent = said;
  turn.append(name, paragraph);
  turns.append(turn);
  turn.scrollIntoView({ block: "nearest" });
  return turn;
}

function takeStanding(told) {
  last = Math.max(last, told.number);
  document.getElementById("end").hidden = false;
  document.querySelector("details.identity")?.setAttribute("open", "");
  if (!told.is_waiting) return;
  standing.hidden = false;
  standing.textContent = told.is_person ? words.served : words.queued;
  standing.scrollIntoView({ block: "nearest" });
  startWatching();
}

function startWatching() {
  if (isWatching) return;
  isWatching = true;
  watch(document.body.dataset.news, last, {
    turn: (told) => {
      showTurn(turns, told.html);
      takeStanding(told);
    },
    over: () => window.location.reload(),
  });
}

function take(turn, event) {
  const name = /^event: (.*)$/m.exec(event)[1];
  const told = JSON.parse(/^data: (.*)$/m.exec(event)[1]);
  if (name === "words") {
    const paragraph = turn.querySelector("p");
    if (turn.classList.contains("waiting")) {
      turn.classList.remove("waiting");
      paragraph.textContent = "";
    }
    paragraph.textContent += told.words;
    return;
  }
  turn.remove();
  if (name === "turn") showTurn(turns, told.html);
  takeStanding(told);
}

async function read(turn, response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) take(turn, part);
  }
}

async function ask(source, said) {
  const sent = new FormData(source);
  sent.set("words", said);
  addTurn("customer", said);
  const turn = addTurn("agent", words.waiting);
  turn.classList.add("waiting");
  try {
    const response = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "text/event-stream" } });
    const kind = response.headers.get("Content-Type") || "";
    if (response.ok && kind.startsWith("text/event-stream")) return await read(turn, response);
    turn.querySelector("p").textContent = kind.startsWith("text/plain") ? await response.text() : words.failed;
  } catch {
    turn.querySelector("p").textContent = words.failed;
  }
  turn.classList.remove("waiting");
  turn.classList.add("failed");
  field.value = said;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const said = field.value.trim();
  if (!said) return;
  field.value = "";
  ask(form, said);
  field.focus();
});

for (const each of document.querySelectorAll(".suggest")) {
  each.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(each, event.submitter.value);
  });
}

field?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
if ("watch" in document.body.dataset) startWatching();
if (last > 1) turns?.lastElementChild?.scrollIntoView({ block: "nearest" });
