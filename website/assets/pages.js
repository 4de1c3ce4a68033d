// The pages work without this file. With it: pictures are enlarged by a click, a node of the graph shows its
// neighbours, a link opens what is folded around its target, and everything is unfolded for the printer.
'use strict';

function neighbours(graph, claim) {
  const edges = [...graph.querySelectorAll('.edge')]
    .filter((edge) => edge.dataset.used === claim || edge.dataset.user === claim);
  return { edges, claims: new Set([claim, ...edges.flatMap((edge) => [edge.dataset.used, edge.dataset.user])]) };
}

function choose(graph, claim) {
  const { edges, claims } = neighbours(graph, claim);
  graph.classList.toggle('choosing', claim !== null);
  graph.querySelectorAll('.edge').forEach((edge) => edge.classList.toggle('near', edges.includes(edge)));
  graph.querySelectorAll('.node').forEach((node) => {
    node.classList.toggle('near', claims.has(node.dataset.claim));
    node.classList.toggle('chosen', node.dataset.claim === claim);
  });
}

function liven(graph) {
  const claimOf = (event) => event.target.closest?.('a')?.querySelector('.node')?.dataset.claim
    ?? event.target.closest?.('.node')?.dataset.claim ?? null;
  for (const kind of ['mouseover', 'focusin']) graph.addEventListener(kind, (event) => choose(graph, claimOf(event)));
  for (const kind of ['mouseleave', 'focusout']) graph.addEventListener(kind, () => choose(graph, null));
}

function unfoldTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let box = target?.closest('details'); box; box = box.parentElement.closest('details')) box.open = true;
  target?.scrollIntoView();
}

const here = document.currentScript.src;

// Mermaid is large: it is loaded where a page has a graph, from this folder.
function drawGraphs() {
  if (document.querySelector('pre.mermaid') === null) return;
  const script = document.createElement('script');
  script.src = new URL('mermaid.tiny.js', here).href;
  script.onload = () => {
    window.mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: 'neutral', maxEdges: 1000 });
    window.graphsDrawn = window.mermaid.run();
  };
  document.head.append(script);
}

// A picture becomes a link to itself, alone and as large as the window.
function enlarge(picture) {
  if (picture.closest('a') !== null) return;
  const link = document.createElement('a');
  link.href = picture.src;
  link.className = 'enlarge';
  link.title = 'enlarge';
  picture.replaceWith(link);
  link.append(picture);
}

document.addEventListener('DOMContentLoaded', () => {
  document.querySelectorAll('article img').forEach(enlarge);
  drawGraphs();
  document.querySelectorAll('.graph').forEach(liven);
  unfoldTarget();
});
window.addEventListener('hashchange', unfoldTarget);
window.addEventListener('beforeprint', () => {
  document.querySelectorAll('details:not([open])').forEach((box) => { box.open = true; box.dataset.folded = ''; });
});
window.addEventListener('afterprint', () => {
  document.querySelectorAll('details[data-folded]').forEach((box) => { box.open = false; delete box.dataset.folded; });
});
