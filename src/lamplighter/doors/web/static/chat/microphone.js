// A question that is spoken: recorded here, made into WAV of 16 kHz, heard by the desk, looked over before it is sent.
const RATE = 16_000;
const words = JSON.parse(document.getElementById("chat-words").textContent);
const button = document.getElementById("microphone");
const field = document.getElementById("words");
const status = document.getElementById("heard");
let recording = null;

function tell(said) {
  status.hidden = !said;
  status.textContent = said;
}

function showButton(isRecording) {
  button.setAttribute("aria-pressed", String(isRecording));
  button.textContent = isRecording ? words.stop : words.speak;
  button.classList.toggle("btn-danger", isRecording);
}

async function begin() {
  // Browsers hide the microphone from pages that came without TLS.
  if (!navigator.mediaDevices?.getUserMedia) return tell(words.insecure);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, noiseSuppression: true } });
  } catch (failure) {
    return tell(failure.name === "NotAllowedError" ? words.refused : words.absent);
  }
  const context = new AudioContext();
  await context.audioWorklet.addModule(button.dataset.recorder);
  const node = new AudioWorkletNode(context, "recorder");
  const blocks = [];
  node.port.onmessage = (event) => blocks.push(event.data);
  context.createMediaStreamSource(stream).connect(node);
  recording = { stream, context, blocks, timer: setTimeout(finish, 1000 * Number(button.dataset.longest) - 500) };
  showButton(true);
  tell(words.listening);
}

async function finish() {
  const { stream, context, blocks, timer } = recording;
  recording = null;
  clearTimeout(timer);
  for (const track of stream.getTracks()) track.stop();
  showButton(false);
  button.disabled = true;
  tell(words.hearing);
  try {
    const samples = await resample(blocks, context.sampleRate);
    await context.close();
    await send(samples);
  } catch {
    tell(words.failed);
  }
  button.disabled = false;
}

async function resample(blocks, rate) {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  if (!length) return new Float32Array(0);
  const offline = new OfflineAudioContext(1, Math.ceil((length * RATE) / rate), RATE);
  const buffer = offline.createBuffer(1, length, rate);
  let at = 0;
  for (const block of blocks) {
    buffer.copyToChannel(block, 0, at);
    at += block.length;
  }
  const source = offline.createBufferSource();
  source.buffer = buffer;
  source.connect(offline.destination);
  source.start();
  return (await offline.startRendering()).getChannelData(0);
}

function writeWav(samples) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const write = (at, sign) => [...sign].forEach((letter, step) => view.setUint8(at + step, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, at) => view.setInt16(44 + 2 * at, 32_767 * Math.max(-1, Math.min(1, sample)), true));
  return new Blob([view], { type: "audio/wav" });
}

async function send(samples) {
  const sent = new FormData();
  sent.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
  sent.set("sound", writeWav(samples), "question.wav");
  const response = await fetch(button.dataset.hear, { method: "POST", body: sent });
  if (!response.ok) {
    const isSentence = (response.headers.get("Content-Type") || "").startsWith("text/plain");
    return tell(isSentence ? await response.text() : words.failed);
  }
  const heard = await response.json();
  if (!heard.words) return tell(words.nobody);
  field.value = [field.value.trim(), heard.words].filter(Boolean).join(" ");
  field.focus();
  tell(heard.is_clear ? words.look_over : words.unclear);
}

button.hidden = false;
button.addEventListener("click", () => (recording ? finish() : begin()));
field.form.addEventListener("submit", () => tell(""));
