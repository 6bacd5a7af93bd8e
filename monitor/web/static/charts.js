// Draws the pictures of a page from the specifications in it. Without this file each is still there as picture or table.
(() => {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
  };
  const figures = [...document.querySelectorAll("figure.chart")];

  const instead = (figure) => {
    const picture = figure.querySelector(".plot"), link = figure.querySelector("a[download]");
    picture.style.minHeight = "";
    if (!link) { figure.querySelector("details").open = true; return; }
    const image = document.createElement("img");
    image.src = link.href;
    image.className = "picture";
    image.alt = document.getElementById(picture.getAttribute("aria-labelledby")).textContent;
    picture.replaceChildren(image);
  };

  const draw = async (figure) => {
    const plot = figure.querySelector(".plot");
    try {
      const shown = theme();
      const options = {
        ast: true, // expressions are interpreted: the page's policy allows no eval
        actions: false, renderer: "svg", defaultStyle: false, config: window.chartLooks[shown],
        tooltip: { disableDefaultStyle: true, theme: "custom" },
      };
      if (figure.view) figure.view.finalize();
      const made = await window.vegaEmbed(plot, JSON.parse(figure.querySelector(".spec").textContent), options);
      figure.view = made;
      figure.dataset.drawn = shown;
      // the sentence of the plot stands for the whole drawing; its parts are in the table
      for (const part of plot.querySelectorAll("svg, canvas")) part.setAttribute("aria-hidden", "true");
    } catch (error) {
      console.warn("a chart could not be drawn", error);
      instead(figure);
    }
  };

  const all = async () => {
    for (const figure of figures) {
      await draw(figure);
      await new Promise((done) => setTimeout(done));
    }
    document.documentElement.dataset.charts = "drawn";
  };

  if (!window.vegaEmbed) { figures.forEach(instead); return; }
  for (const figure of figures) {
    const plot = figure.querySelector(".plot");
    plot.style.minHeight = `${plot.dataset.height}px`;
  }
  all();
  dark.addEventListener("change", all);
})();
