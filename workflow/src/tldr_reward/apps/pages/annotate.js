import { CaptionEditor } from "./caption_editor.js";
import { Outbox } from "./outbox.js";
import { WorkClock } from "./work_clock.js";

const TICK = 5000; // milliseconds between reports of the time alone
const ARMS = {
  none: ["No help", "Compare every word with the picture yourself."],
  binary: [
    "A verdict on the whole caption",
    "A detector has judged the caption as a whole: it says whether something is wrong, not where. It errs in both directions.",
  ],
  token: [
    "Doubtful words are marked",
    "A detector has marked the words that it doubts. It errs in both directions: a marked word may be true, and an unmarked one wrong.",
  ],
};
const $ = (id) => document.getElementById(id);
const screens = ["enter", "block", "work", "end", "elsewhere"];
let study, session, name, state, task, clock, outbox;

const editor = new CaptionEditor($("editor"), () => {
  $("work-error").hidden = true;
  showChange();
  record("edit");
});

function show(screen) {
  for (const id of screens) $(id).hidden = id !== screen;
  $("pause").hidden = screen !== "work";
}

/** Ask the server; throws {fatal} when it has refused, and anything else when it is not there. */
async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  if (answer.status >= 500) throw new Error(`the server answered ${answer.status}`);
  const found = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(found.error.message), { fatal: found.error.code });
  return found;
}

function fill(id, text) {
  $(id).textContent = text;
}

function complain(id, text) {
  fill(id, text);
  $(id).hidden = !text;
}

async function enter(begin) {
  complain("enter-error", "");
  $("begin").hidden = true;
  try {
    const entered = await ask("/api/enter", { name: $("name").value, begin });
    ({ session, name } = entered);
    fill("who", name);
    localStorage.setItem("tldr-name", name);
    outbox = new Outbox(`tldr-outbox ${study.id} ${name}`, send, showSaved);
    clock ??= new WorkClock(study.idle_seconds, () => pause("idle"));
    // What an earlier page could not send comes first.
    proceed((await outbox.flush()) ?? entered);
  } catch (error) {
    if (error.fatal === "unknown_name") {
      complain("enter-error", "Nobody has begun under this name. Is it spelled as before?");
      fill("begin", `Begin as ${$("name").value.trim()}`);
      $("begin").hidden = false;
      $("begin").focus();
    } else if (!barred(error)) {
      complain("enter-error", error.fatal ? error.message : "The server does not answer. Is it running?");
    }
  }
}

const send = (events) => ask("/api/events", { session, events });

/** Whether an error means that another window has taken over: then nothing goes on here. */
function barred(error) {
  if (error.fatal !== "other_window") return false;
  clock?.stop();
  task = null;
  if ($("paused").open) $("paused").close();
  show("elsewhere");
  return true;
}

function showSaved(waiting, failed) {
  if (failed) fill("saved", "Not sent yet, trying again");
  else if (!waiting) fill("saved", "All is saved");
  if (failed || !waiting) $("saved").classList.toggle("waiting", failed);
}

function record(kind) {
  const event = {
    id: crypto.randomUUID(),
    position: task.position,
    kind,
    seconds: Number(clock.seconds.toFixed(3)),
    text: editor.text,
    at: Date.now() / 1000,
  };
  return outbox.add(event).catch((error) => {
    if (!barred(error)) complain("work-error", error.message);
    return null;
  });
}

/** Show where the server says we are. */
function proceed(next) {
  const block = task?.block;
  state = next;
  task = null;
  fill("count", `${state.done} of ${state.total} done`);
  $("bar").hidden = false;
  $("bar").setAttribute("aria-valuemax", state.total);
  $("bar").setAttribute("aria-valuenow", state.done);
  $("bar").firstElementChild.style.width = `${(100 * state.done) / state.total}%`;
  if (!state.task) {
    show("end");
    fill("end-text", `${state.total} captions are done and saved. You can close this page.`);
    $("end-title").focus();
  } else if (state.task.begun || state.task.block !== block) {
    introduce(state.task);
  } else {
    open(state.task);
  }
}

/** A screen before a block, or before a caption that is gone on with: the clock stands still. */
function introduce(next) {
  const [title, text] = ARMS[next.guidance];
  fill("block-part", `Part ${next.block + 1} of ${state.blocks}`);
  fill("block-title", title);
  fill("block-text", text);
  fill("block-practice", next.begun
    ? "You go on with a caption that you had begun. Your text is as you left it."
    : next.practice ? "It begins with practice, which is not measured." : "");
  show("block");
  $("block-start").focus();
}

/** Show a caption; its clock starts when the picture is there. */
async function open(next) {
  complain("work-error", "");
  const picture = $("picture");
  picture.src = `/api/image/${next.position}?session=${encodeURIComponent(session)}`;
  try {
    await picture.decode();
  } catch {
    complain("work-error", "The picture cannot be shown. Load the page again, or tell who runs this study.");
    show("work");
    return;
  }
  picture.classList.toggle("small", picture.naturalWidth <= 256);
  task = next;
  guide(next);
  $("practice").hidden = !next.practice;
  show("work");
  editor.show(next.text, next.before, next.flagged ?? []);
  showChange();
  editor.area.focus();
  clock.start(next.seconds);
  record("open");
}

function guide(next) {
  const words = (next.flagged ?? []).map(([from, to]) => next.before.slice(from, to));
  const listed = [...new Set(words)].join(", ");
  const said = {
    none: ["", "", "No help with this one: compare every word with the picture."],
    binary: next.called_good
      ? ["called-good", "✓", "The detector finds nothing wrong with this caption."]
      : ["called-bad", "✗", "The detector says that something in this caption is wrong."],
    token: words.length
      ? ["marked", "≈", `The detector doubts ${words.length === 1 ? "a word" : `${words.length} words`}: ${listed}.`]
      : ["", "–", "The detector doubts no word of this caption."],
  }[next.guidance];
  $("guidance").className = said[0];
  fill("guidance-sign", said[1]);
  fill("guidance-text", said[2]);
  $("key-next").hidden = next.guidance !== "token";
}

function showChange() {
  const same = !task || editor.text === task.before;
  fill("changed", same ? "" : "changed");
  $("restore").disabled = same;
}

async function finish() {
  if (!task || !clock.running) return;
  if (!editor.text.trim()) {
    complain("work-error", "A caption needs words.");
    return;
  }
  clock.stop();
  const ended = task;
  $("done").disabled = true;
  const answer = await record("done");
  $("done").disabled = false;
  if (answer && task === ended) proceed(answer);
}

function restore() {
  if (!task) return;
  editor.replace(task.before, task.flagged ?? []);
  showChange();
}

function pause(reason) {
  if (!task || $("paused").open) return;
  if (clock.running) clock.stop();
  else if (reason !== "idle") return;
  record("pause");
  fill("paused-text", {
    asked: "The clock stands still. Picture and caption come back when you go on.",
    idle: `Nobody moved for ${spoken(study.idle_seconds)}, so the clock was stopped.`,
    hidden: "This page was out of sight, so the clock was stopped.",
  }[reason]);
  $("paused").showModal();
}

function resume() {
  if (!task || clock.running || $("paused").open) return;
  record("resume"); // before the clock goes on: the pause has counted nothing
  clock.start(clock.seconds);
  editor.area.focus();
}

function spoken(seconds) {
  return seconds % 60 ? `${seconds} second${seconds === 1 ? "" : "s"}` : seconds === 60 ? "a minute" : `${seconds / 60} minutes`;
}

function keys(event) {
  if (!task || $("paused").open || event.isComposing) return;
  const { key, code, shiftKey } = event;
  const command = event.ctrlKey || event.metaKey;
  const actions = [
    [key === "Enter" && command, finish],
    // Captions are one line; Enter alone would break it unseen.
    [key === "Enter" && event.target === editor.area, () => {}],
    [key === "F8" || (event.altKey && code === "KeyJ"), () => editor.step(shiftKey)],
    [event.altKey && code === "KeyR", restore],
    [key === "Escape", () => pause("asked")],
  ];
  const found = actions.find(([fits]) => fits);
  if (!found) return;
  event.preventDefault();
  found[1]();
}

for (const kind of ["keydown", "pointermove", "pointerdown", "wheel", "input"]) {
  addEventListener(kind, () => clock?.move(), { passive: true, capture: true });
}
addEventListener("keydown", keys);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) pause("hidden");
});
addEventListener("pagehide", () => {
  if (!outbox || !task) return;
  record("tick");
  const body = JSON.stringify({ session, events: outbox.waiting.slice(-20) });
  navigator.sendBeacon("/api/events", new Blob([body], { type: "application/json" }));
});
setInterval(() => {
  if (task && clock.running) record("tick");
}, TICK);
$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(false);
});
$("begin").addEventListener("click", () => enter(true));
$("block-start").addEventListener("click", () => open(state.task));
$("done").addEventListener("click", finish);
$("restore").addEventListener("click", restore);
$("pause").addEventListener("click", () => pause("asked"));
$("resume").addEventListener("click", () => $("paused").close());
$("paused").addEventListener("close", resume);

study = await ask("/api/study");
document.title = study.title;
fill("title", study.title);
fill("idle", spoken(study.idle_seconds));
$("name").value = localStorage.getItem("tldr-name") ?? "";
$("name").select();
