// The sandbox's second face: what a person's messenger asks of it, and the events it tells.

/** The sandbox refused, or could not be reached (`status` 0). */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function ask(method, path, body) {
  const form = body instanceof FormData;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body && !form ? { "Content-Type": "application/json" } : {},
      body: body && !form ? JSON.stringify(body) : body,
    });
  } catch {
    throw new ApiError("", 0);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    const said = answer?.description ?? answer?.detail ?? answer?.error ?? response.statusText;
    throw new ApiError(typeof said === "string" ? said : JSON.stringify(said), response.status);
  }
  return answer;
}

const get = (path) => ask("GET", path);
const post = (path, body) => ask("POST", path, body);

export const getBot = (language) => get(`/api/bot?language=${language}`);
export const getUsers = () => get("/api/users");
export const createUser = (user) => post("/api/users", user);
export const getMessages = (userId, after = 0) => get(`/api/users/${userId}/messages?after=${after}`);
export const tap = (userId, messageId, data) => post(`/api/users/${userId}/tap`, { message_id: messageId, data });
export const pay = (userId, messageId) => post(`/api/users/${userId}/pay`, { message_id: messageId });
export const forward = (userId, messageId, to) => post(`/api/users/${userId}/forward`, { message_id: messageId, to });
export const block = (userId, blocked) => post(`/api/users/${userId}/block`, { blocked });
export const refund = (userId, charge) => post(`/api/users/${userId}/refund`, { telegram_payment_charge_id: charge });
export const fileUrl = (fileId) => `/api/files/${encodeURIComponent(fileId)}`;

export function sendText(userId, text, replyTo) {
  return post(`/api/users/${userId}/text`, replyTo ? { text, reply_to_message_id: replyTo } : { text });
}

/** Photos, or with `asFile` documents; several photos are an album. */
export function sendFiles(userId, files, { asFile, caption }) {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name || "image.png");
  form.append("as_file", asFile ? "1" : "");
  if (caption) form.append("caption", caption);
  return post(`/api/users/${userId}/files`, form);
}

const EVENTS = ["message", "edit", "delete", "action", "toast", "stars", "precheckout", "blocked"];
const AGAIN_MS = [300, 1000, 2000, 4000];

/**
 * Hears a user's events from a cursor on, each once and in order, however often the connection breaks.
 * `heard(kind, data)` is given each, `connected(bool)` how the connection is. Returns {stop, cursor}: functions.
 *
 * EventSource's own reconnection is not used: it gives up on an answer that is no stream, such as a proxy's 502.
 */
export function listen(userId, cursor, { heard, connected }) {
  let source = null;
  let waiting = null;
  let failures = 0;
  let over = false;

  function open() {
    source = new EventSource(`/api/users/${userId}/events?cursor=${cursor}`);
    source.onopen = () => {
      failures = 0;
      connected(true);
    };
    source.onerror = () => {
      source.close();
      connected(false);
      if (!over) waiting = setTimeout(open, AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)]);
    };
    for (const kind of EVENTS) {
      source.addEventListener(kind, (event) => {
        const position = Number(event.lastEventId);
        if (event.lastEventId && position <= cursor) return;
        if (event.lastEventId) cursor = position;
        heard(kind, JSON.parse(event.data));
      });
    }
  }

  function hurry() {
    if (over || source.readyState !== EventSource.CLOSED) return;
    clearTimeout(waiting);
    open();
  }

  open();
  window.addEventListener("online", hurry);
  function stop() {
    over = true;
    clearTimeout(waiting);
    source.close();
    window.removeEventListener("online", hurry);
  }
  return { stop, cursor: () => cursor };
}
