// Draws the pictures over their still versions and copies tables. Without it, the page is complete all the same.
const themes = JSON.parse(document.getElementById("themes").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");

async function draw() {
  const config = dark.matches ? themes.dark : themes.light;
  for (const place of document.querySelectorAll(".live")) {
    const content = JSON.parse(document.getElementById("data-" + place.dataset.name).textContent);
    try {
      const options = { actions: false, renderer: "svg", ast: true, config, tooltip: { theme: dark.matches ? "dark" : "light" } };
      await vegaEmbed(place, content, options);
      place.parentElement.classList.add("drawn");
    } catch (error) {
      console.error(place.dataset.name, error);
    }
  }
  document.documentElement.dataset.drawn = dark.matches ? "dark" : "light";
}

// A spreadsheet must not take a name for a formula: numbers come from data-v, texts get an apostrophe where needed.
function csvCell(cell) {
  if (cell.dataset.v !== undefined) return cell.dataset.v;
  const text = cell.textContent.trim();
  const safe = /^[=+\-@\t\r]./.test(text) ? "'" + text : text;
  return /[",\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
}

function csv(table) {
  return [...table.rows].map((row) => [...row.cells].map(csvCell).join(",")).join("\n") + "\n";
}

async function copy(button) {
  const text = csv(document.getElementById(button.dataset.table));
  const said = document.getElementById("said");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  said.textContent = "Copied: " + (text.split("\n").length - 2) + " rows";
  window.setTimeout(() => { said.textContent = ""; }, 4000);
}

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
dark.addEventListener("change", draw);
draw();
