// A neutral word for one that blames, on leaving the field. It never blocks; without it the page works.
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const hint = document.getElementById("word-hint");
  const plain = (text) => ` ${text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}_]+/gu, " ")}`;
  for (const field of document.querySelectorAll("[data-words]")) {
    const box = document.createElement("div");
    box.setAttribute("role", "status");
    field.after(box);
    field.addEventListener("blur", () => {
      const text = plain(field.value);
      box.replaceChildren();
      for (const { stem, option } of words.filter((word) => text.includes(plain(word.stem)))) {
        const line = hint.content.cloneNode(true);
        line.firstElementChild.append(`«${stem}…» → ${option}`);
        box.append(line);
      }
    });
  }
})();
