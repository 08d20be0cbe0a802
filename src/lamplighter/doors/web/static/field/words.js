// What people read, as the page brought it in the language of the reader; and elements made of it.
const held = JSON.parse(document.getElementById("words").textContent);

export function say(name, fields = {}) {
  const words = held[name] ?? name;
  return words.replace(/\{(\w+)\}/g, (_, field) => String(fields[field] ?? ""));
}

export function clock(at) {
  const when = new Date(at);
  const time = when.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
  const isToday = when.toDateString() === new Date().toDateString();
  return isToday ? time : `${when.toLocaleDateString(document.documentElement.lang, { month: "2-digit", day: "2-digit" })} ${time}`;
}

// make("button", { class: "big", onclick }, "words", child): never markup made of what somebody typed.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
