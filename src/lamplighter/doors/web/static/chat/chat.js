// The chat with script: the answer comes as a stream of sentences. Without it the same forms lead to whole pages.
const words = JSON.parse(document.getElementById("chat-words").textContent);
const turns = document.getElementById("turns");
const form = document.getElementById("say");
const field = document.getElementById("words");

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
  turn.scrollIntoView({ block: "end" });
  return turn;
}

function addSources(turn, figures) {
  if (!figures.length) return;
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = words.figures;
  const list = document.createElement("ul");
  for (const each of figures) {
    const line = document.createElement("li");
    const figure = document.createElement("b");
    figure.textContent = each.figure;
    line.append(`${each.name} `, figure, ` ← ${each.source}`);
    list.append(line);
  }
  details.append(summary, list);
  turn.append(details);
}

function take(turn, event) {
  const name = /^event: (.*)$/m.exec(event)[1];
  const data = JSON.parse(/^data: (.*)$/m.exec(event)[1]);
  const paragraph = turn.querySelector("p");
  if (name === "figures") return addSources(turn, data.figures);
  if (turn.classList.contains("waiting")) {
    turn.classList.remove("waiting");
    paragraph.textContent = "";
  }
  paragraph.textContent += data.words;
  turn.scrollIntoView({ block: "end" });
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
    const isStream = (response.headers.get("Content-Type") || "").startsWith("text/event-stream");
    if (response.ok && isStream) return await read(turn, response);
    const isPlain = (response.headers.get("Content-Type") || "").startsWith("text/plain");
    turn.querySelector("p").textContent = isPlain ? await response.text() : words.failed;
  } catch {
    turn.querySelector("p").textContent = words.failed;
  }
  turn.classList.remove("waiting");
  turn.classList.add("failed");
  field.value = said;
}

form.addEventListener("submit", (event) => {
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

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.getElementById("last")?.scrollIntoView({ block: "end" });
