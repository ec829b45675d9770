// A text area whose marks lie under its letters, and move along when the text is edited.

/** Where two texts differ: [start, end of the old, end of the new]. */
export function difference(before, after) {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let same = 0;
  while (same < most - start && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  return [start, before.length - same, after.length - same];
}

/** Marks after an edit: those behind it move, those that it touches go. */
export function moved(marks, [start, oldEnd, newEnd]) {
  const kept = [];
  for (const [from, to] of marks) {
    if (to <= start) kept.push([from, to]);
    else if (from >= oldEnd) kept.push([from + newEnd - oldEnd, to + newEnd - oldEnd]);
  }
  return kept;
}

export class CaptionEditor {
  constructor(root, onEdit) {
    this.area = root.querySelector("textarea");
    this.under = root.querySelector(".under");
    this.marks = [];
    this.shown = "";
    this.area.addEventListener("input", () => {
      this.marks = moved(this.marks, difference(this.shown, this.area.value));
      this.draw();
      onEdit();
    });
  }

  get text() {
    return this.area.value;
  }

  /** Show a text; `marks` are those of `original`, which the text may have left behind. */
  show(text, original, marks) {
    this.marks = moved(marks, difference(original, text));
    this.area.value = text;
    this.draw();
    this.area.setSelectionRange(0, 0);
  }

  /** Select the next mark, or the one before; from the last on to the first. */
  step(back) {
    if (!this.marks.length) return;
    const { selectionStart: at, selectionEnd: end } = this.area;
    const onward = this.marks.find(([from]) => from > at || (from === at && end === at));
    const backward = this.marks.findLast(([, to]) => to <= at);
    const [from, to] = back ? backward ?? this.marks.at(-1) : onward ?? this.marks[0];
    this.area.focus();
    this.area.setSelectionRange(from, to);
  }

  /** Put another text in place as an edit of the person's, which can be undone, with its marks. */
  replace(text, marks) {
    this.area.focus();
    this.area.setSelectionRange(0, this.text.length);
    document.execCommand("insertText", false, text);
    this.marks = marks;
    this.draw();
  }

  draw() {
    this.shown = this.area.value;
    const parts = [];
    let end = 0;
    for (const [from, to] of this.marks) {
      const mark = document.createElement("mark");
      mark.textContent = this.shown.slice(from, to);
      parts.push(this.shown.slice(end, from), mark);
      end = to;
    }
    // A line at the end shows only when something stands behind it.
    this.under.replaceChildren(...parts, `${this.shown.slice(end)}\u200b`);
  }
}
