const $ = (id) => document.getElementById(id);
let model; // what /v1/model says
let picture = null; // {example} or {image}, as requests have it
let score = null; // the last answer's
let checked = []; // scores of this page, for the rates
let asked = 0; // the latest request for rates

/** An element with text and classes: what is said of a caption is never read as HTML. */
function made(tag, text = "", ...classes) {
  const element = document.createElement(tag);
  element.textContent = text;
  element.classList.add(...classes);
  return element;
}

function complain(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server does not answer. Is it running?");
  }
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error.message);
  return found;
}

function choose(chosen, source, pressed = null) {
  picture = chosen;
  complain("picture-error", "");
  for (const button of $("examples").children) button.setAttribute("aria-pressed", button === pressed);
  $("picture").src = source;
  $("picture").hidden = false;
  $("no-picture").hidden = true;
  $("result").hidden = true;
  score = null;
  ready();
}

function ready() {
  $("check").disabled = !picture || !$("caption").value.trim();
  $("write").disabled = !picture;
}

function offer(captions) {
  $("offers").replaceChildren(
    ...captions.map(({ label, text }) => {
      const button = made("button", label);
      button.type = "button";
      button.addEventListener("click", () => {
        $("caption").value = text;
        check();
      });
      return button;
    }),
  );
}

function upload(file) {
  if (!file) return;
  if (file.size > model.limits.bytes) {
    complain("picture-error", `${file.name} has ${file.size.toLocaleString("en")} bytes; at most ${model.limits.bytes.toLocaleString("en")} are allowed`);
    return;
  }
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    choose({ image: reader.result.slice(reader.result.indexOf(",") + 1) }, URL.createObjectURL(file));
    offer([]);
  });
  reader.addEventListener("error", () => complain("picture-error", `${file.name} cannot be read`));
  reader.readAsDataURL(file);
}

/** Run a request with the buttons off; its error goes below the caption. */
async function busy(text, work) {
  complain("caption-error", "");
  $("busy").textContent = text;
  $("check").disabled = $("write").disabled = true;
  try {
    await work();
  } catch (error) {
    complain("caption-error", error.message);
  }
  $("busy").textContent = "";
  ready();
}

const check = () => busy("Reading…", async () => {
  const chosen = picture;
  const caption = $("caption").value;
  const found = await post("/v1/score", { ...chosen, caption, threshold: Number($("threshold").value) });
  if (picture !== chosen) return; // another picture was chosen meanwhile
  ({ score } = found);
  checked = [...checked, score].slice(-300);
  $("result").hidden = false;
  complain("warning", score.warning ? `Careful: ${score.warning}.` : "");
  draw();
});

const write = () => busy("Writing…", async () => {
  const found = await post("/v1/caption", picture);
  $("caption").value = found.caption;
  if (found.truncated) complain("caption-error", "The caption was cut off at its longest.");
});

/** Everything that hangs on the threshold, from the score at hand. */
function draw() {
  const threshold = Number($("threshold").value);
  $("threshold-value").textContent = threshold.toFixed(2);
  if (score) drawScore(threshold);
  rate(threshold);
}

function drawScore(threshold) {
  const flagged = ({ p_good }) => p_good <= threshold;
  const pieces = score.words.length ? score.words : score.tokens;
  const parts = [];
  let end = 0;
  for (const piece of pieces) {
    parts.push(score.text.slice(end, piece.start), word(piece, threshold));
    end = piece.end;
  }
  $("text").replaceChildren(...parts, score.text.slice(end));
  $("strip").replaceChildren(
    ...score.tokens.map((token) => {
      const tick = document.createElement("i");
      tick.style.left = `${100 * token.p_good}%`;
      tick.classList.toggle("under", flagged(token));
      return tick;
    }),
  );
  const bad = pieces.filter(flagged).length;
  $("verdict").className = `verdict ${bad ? "bad" : "good"}`;
  const sure = model.calibrated
    ? `; the most doubtful is wrong with a probability of ${(100 * score.confidence).toFixed(0)}%`
    : "";
  const what = score.level === "response" ? "The caption is" : bad === 1 ? "One word is" : `${bad} words are`;
  $("verdict").textContent = bad ? `✗ ${what} in doubt${sure}` : "✓ No word is in doubt";
  $("sentences").replaceChildren(
    ...score.sentences.map((sentence) => {
      const item = made("li", "", flagged(sentence) ? "bad" : "good");
      item.append(
        made("span", flagged(sentence) ? "✗" : "✓", "sign"),
        made("span", sentence.text),
        made("span", `lowest ${sentence.p_good.toFixed(2)}`, "p"),
      );
      return item;
    }),
  );
}

function word(piece, threshold) {
  const text = score.text.slice(piece.start, piece.end);
  const low = piece.p_good <= threshold;
  const element = made("span", low ? "" : text, "word");
  if (low) element.append(made("mark", text));
  element.classList.toggle("flagged", low);
  element.classList.toggle("doubtful", !low && piece.p_good <= (threshold + 1) / 2);
  element.title = `P(good) ${piece.p_good.toFixed(3)}`;
  if (/\w/.test(text)) element.append(made("span", piece.p_good.toFixed(2).replace(/^0/, ""), "p"));
  return element;
}

/** The rates of all that was checked, from the server's own arithmetic: it asks no model either. */
async function rate(threshold) {
  $("rates").hidden = !checked.length;
  if (!checked.length) return;
  asked += 1;
  const mine = asked;
  await new Promise((later) => setTimeout(later, 120)); // a moving slider asks once
  if (mine !== asked) return;
  try {
    const { rates } = await post("/v1/rates", { scores: checked, threshold });
    if (mine !== asked) return;
    const percent = (share) => `${(100 * share).toFixed(1)}%`;
    $("rates-rows").replaceChildren(
      ...Object.entries(rates).map(([level, found]) => {
        const row = made("tr");
        row.append(
          made("td", level),
          made("td", percent(found.value)),
          made("td", checked.length > 1 ? `${percent(found.low)} to ${percent(found.high)}` : "–"),
          made("td", `${found.units} ${level}${found.units === 1 ? "" : "s"}`),
        );
        return row;
      }),
    );
    $("rates-note").textContent = `${checked.length} caption${checked.length === 1 ? "" : "s"}, at threshold ${threshold.toFixed(2)}. Rates are as the model estimates them: its own errors are in them.`;
  } catch (error) {
    $("rates-note").textContent = error.message;
  }
}

function clientExample() {
  return `import base64, json, urllib.request

image = base64.b64encode(open("picture.png", "rb").read()).decode()
body = {"image": image, "caption": "a red circle.", "threshold": 0.5}
request = urllib.request.Request(
    "${location.origin}/v1/score", json.dumps(body).encode(), {"Content-Type": "application/json"}
)
score = json.load(urllib.request.urlopen(request))["score"]
print(score["good"], [(span["text"], span["p_good"]) for span in score["spans"]])`;
}

async function begin() {
  model = await (await fetch("/v1/model")).json();
  $("model").textContent = model.model;
  if (model.known_world) {
    $("world").textContent = `This model knows ${model.known_world}. Of a photograph its scores say nothing.`;
    $("world").hidden = false;
  }
  const { bytes, pixels, formats } = model.limits;
  $("limits").textContent = `${formats.join(", ")}; up to ${bytes / 1e6} MB and ${pixels / 1e6} million pixels. It stays in memory.`;
  $("write").hidden = !model.writes_captions;
  $("client").textContent = clientExample();
  for (const example of model.examples) {
    const source = `/v1/examples/${encodeURIComponent(example.id)}`;
    const button = made("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    const image = made("img");
    image.src = source;
    image.alt = example.id.replace("-", " ");
    button.append(image);
    button.addEventListener("click", () => {
      choose({ example: example.id }, source, button);
      offer(example.captions);
    });
    $("examples").append(button);
  }
}

$("picture").addEventListener("load", ({ target }) => {
  target.classList.toggle("small", target.naturalWidth <= 256);
});
$("picture").addEventListener("error", () => {
  $("picture").hidden = true;
  $("no-picture").hidden = false;
  picture = null;
  complain("picture-error", "This file is no PNG, JPEG or WebP picture, whatever its name.");
  ready();
});
$("upload").addEventListener("change", ({ target }) => {
  upload(target.files[0]);
  target.value = "";
});
$("drop").addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});
$("drop").addEventListener("dragleave", () => $("drop").classList.remove("over"));
$("drop").addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  upload(event.dataTransfer.files[0]);
});
$("caption").addEventListener("input", ready);
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !$("check").disabled) check();
});
$("check").addEventListener("click", check);
$("write").addEventListener("click", write);
$("threshold").addEventListener("input", draw);
$("numbers").addEventListener("change", ({ target }) => $("text").classList.toggle("numbers", target.checked));
$("forget").addEventListener("click", () => {
  checked = [];
  draw();
});
await begin();
