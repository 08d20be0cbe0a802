// What is taken on site: photos with their fingerprint, a position, a signature.
const LIMITS = JSON.parse(document.getElementById("limits").textContent);
const TYPES = ["image/jpeg", "image/png"];
const SIZE = 96;

export const isPossible = () => window.isSecureContext && Boolean(window.crypto?.subtle) && "indexedDB" in window;

export async function fingerprint(bytes) {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class NotTaken extends Error {}

export async function takePhoto(file, { kind, step }) {
  const taken_at = new Date().toISOString();
  if (file.size > LIMITS.file) throw new NotTaken("too_large");
  const bytes = await file.arrayBuffer();
  const sha256 = await fingerprint(bytes);
  if (!TYPES.includes(file.type)) throw new NotTaken("not_picture");
  try {
    (await createImageBitmap(new Blob([bytes], { type: file.type }))).close();
  } catch {
    throw new NotTaken("not_picture");
  }
  return { item_id: crypto.randomUUID(), kind, step, sha256, size: bytes.byteLength, type: file.type, taken_at, bytes };
}

// Drawn, not linked: the page's policy knows no address of a picture that is only here.
export async function drawSmall(canvas, item) {
  const picture = await createImageBitmap(new Blob([item.bytes], { type: item.type }));
  const scale = Math.max(SIZE / picture.width, SIZE / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  canvas.width = canvas.height = SIZE;
  canvas.getContext("2d").drawImage(picture, (SIZE - width) / 2, (SIZE - height) / 2, width, height);
  picture.close();
}

export function position() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) { reject(new Error("-")); return; }
    navigator.geolocation.getCurrentPosition(
      (found) => resolve({
        latitude: found.coords.latitude, longitude: found.coords.longitude,
        accuracy_m: Math.round(found.coords.accuracy), at: new Date(found.timestamp).toISOString(),
      }),
      (failure) => reject(new Error(failure.message || String(failure.code))),
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
    );
  });
}

// A line under the finger; `drawn()` says whether there is one.
export function signaturePad(canvas) {
  const pen = canvas.getContext("2d");
  let strokes = 0;
  let isDown = false;
  const clear = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = "#111";
    pen.lineWidth = 3;
    pen.lineCap = "round";
    strokes = 0;
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => { isDown = true; canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); });
  canvas.addEventListener("pointermove", (event) => { if (isDown) { pen.lineTo(...at(event)); pen.stroke(); strokes += 1; } });
  canvas.addEventListener("pointerup", () => { isDown = false; });
  clear();
  return {
    clear,
    drawn: () => strokes > 2,
    file: () => new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); }),
  };
}
