// A motion file that is dropped on the page, or chosen: sent, shown as it was understood, and searched with.

import { embedFiles } from "./api.js";
import { announce, part } from "./dom.js";
import { Player } from "./player.js";
import { packVector } from "./question.js";

export class Drop {
  // `onFile(piece)` gets the part of a mix that the file became.
  constructor({ onFile }) {
    this.onFile = onFile;
    this.player = null;
    const input = part("file");
    part("choose").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.send([...input.files]);
      input.value = "";
    });
    part("sent-close").addEventListener("click", () => this.close());
    this.listen();
  }

  listen() {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    let depth = 0;
    const show = (isOver) => (part("drop").hidden = !isOver);
    addEventListener("dragenter", (event) => hasFiles(event) && show(++depth > 0));
    addEventListener("dragleave", (event) => hasFiles(event) && show((depth = Math.max(depth - 1, 0)) > 0));
    addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      show((depth = 0) > 0);
      this.send([...event.dataTransfer.files]);
    });
  }

  async send(files) {
    if (!files.length) return;
    this.sending?.abort();
    const name = files.find((file) => !/\.asf$/i.test(file.name))?.name ?? files[0].name;
    this.say(name, "Sending …", { share: 0 });
    const sending = embedFiles(files, (share) => this.say(name, share < 1 ? "Sending …" : "Reading …", { share }));
    this.sending = sending;
    try {
      const answer = await sending.answer;
      this.understood(answer);
      this.onFile({ kind: "file", weight: 1, name: answer.name, vector: packVector(answer.embedding) });
    } catch (error) {
      if (error.name !== "AbortError") this.say(name, error.message, { isWrong: true });
    }
  }

  understood({ name, seconds, fps, skeleton, notes, motion }) {
    const facts = [`${seconds.toFixed(1)} s`, `${Math.round(fps * 100) / 100} fps`, `skeleton ${skeleton}`];
    this.say(name, [facts.join(" · "), ...notes].join("\n"), {});
    part("sent-stage").hidden = false;
    this.player ??= new Player(part("sent-canvas"));
    this.player.show(motion);
  }

  say(name, text, { share, isWrong = false }) {
    part("sent").hidden = false;
    part("sent-stage").hidden = true;
    part("sent-name").textContent = name;
    part("sent-facts").textContent = text;
    part("sent").classList.toggle("wrong", isWrong);
    part("sent-progress").hidden = share === undefined;
    part("sent-progress").value = share ?? 0;
    if (share === undefined) announce(`${name}: ${text}`);
  }

  close() {
    this.sending?.abort();
    this.player?.clear();
    part("sent").hidden = true;
    part("choose").focus();
  }
}
