// What both pages of a conversation do with what the desk tells: show a turn as the desk wrote it, and watch for news.
export function showTurn(turns, html) {
  const made = document.createElement("template");
  // Written by a template of the desk, which escapes every word; the page's policy runs no script in it either.
  made.innerHTML = html.trim();
  const turn = made.content.firstElementChild;
  const known = turns.querySelector(`[data-number="${turn.dataset.number}"]`);
  if (known) return known;
  turns.append(turn);
  turn.scrollIntoView({ block: "nearest" });
  return turn;
}

export function watch(address, last, { turn, over }) {
  let at = last;
  let source = null;
  const open = () => {
    source = new EventSource(`${address}?after=${at}`);
    source.addEventListener("turn", (event) => {
      const told = JSON.parse(event.data);
      at = Math.max(at, told.number);
      turn(told);
    });
    source.addEventListener("over", () => {
      source.close();
      over();
    });
    source.addEventListener("error", () => {
      // Refused for good, such as when too many watch: asked again later.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 15_000);
    });
  };
  open();
  window.addEventListener("pagehide", () => source.close());
}
