// Look at pages as a reader does, in Chromium. Reads {chromium, pages, width, height, screenshots} as JSON; writes a
// JSON list, one object for each page: what went wrong, formulas, graphs, their links, what the keyboard and the
// printer get. `screenshots` is a folder, or missing.
const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

// What moves: search results, the neighbours of a node that gets the keyboard, what the printer finds folded.
async function use(page) {
  if (page.url().includes('search.html?')) await page.waitForSelector('#search-results li');
  return page.evaluate(() => {
    document.querySelector('.graph svg a')?.focus();
    const found = {
      results: [...document.querySelectorAll('#search-results li a')].map((link) => link.href),
      chosen: document.querySelectorAll('.graph .node.chosen').length,
      near: document.querySelectorAll('.graph .node.near').length,
    };
    document.activeElement?.blur();
    window.dispatchEvent(new Event('beforeprint'));
    found.folded = document.querySelectorAll('details:not([open])').length;
    window.dispatchEvent(new Event('afterprint'));
    return found;
  });
}

async function look(browser, asked, url) {
  const page = await browser.newPage({ viewport: { width: asked.width, height: asked.height } });
  page.setDefaultTimeout(120000);
  const problems = [];
  page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('requestfailed', (request) => problems.push(`not loaded: ${request.url()}`));
  page.on('request', (request) => { if (!/^(file|data|blob):/.test(request.url())) problems.push(`asks for ${request.url()}`); });
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForFunction(() => window.MathJax === undefined || window.MathJax.startup?.promise !== undefined);
  await page.evaluate(() => window.MathJax?.startup?.promise);
  await page.waitForFunction(() => document.querySelector('pre.mermaid') === null || window.graphsDrawn !== undefined);
  await page.evaluate(() => window.graphsDrawn);
  const seen = await page.evaluate(() => ({
    title: document.title,
    formulas: document.querySelectorAll('.math').length,
    typeset: document.querySelectorAll('.math mjx-container').length,
    spoken: document.querySelectorAll('.math mjx-assistive-mml').length,
    errors: [...document.querySelectorAll('[data-mml-node="merror"]')].map((node) => node.textContent),
    nodes: [...document.querySelectorAll('.graph svg a')].map((node) => ({
      href: new URL(node.getAttribute('href') ?? node.getAttribute('xlink:href'), location.href).href,
      name: node.getAttribute('aria-label') ?? node.textContent.trim(),
    })),
    graphs: document.querySelectorAll('pre.mermaid').length,
    drawn: document.querySelectorAll('pre.mermaid svg[aria-roledescription^="flowchart"]').length,
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    pictures: document.querySelectorAll('article img').length,
    enlarged: document.querySelectorAll('article a > img').length,
    language: document.documentElement.lang,
    headings: document.querySelectorAll('h1').length,
    mute: [...document.querySelectorAll('img:not([alt])')].map((node) => node.src),
  }));
  Object.assign(seen, await use(page));
  if (asked.screenshots) {
    const name = `${path.basename(new URL(url).pathname, '.html')}-${asked.width}.png`;
    await page.screenshot({ path: path.join(asked.screenshots, name) });
  }
  await page.close();
  return { url, problems, ...seen };
}

async function main() {
  const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
  // Chromium refuses its sandbox to root, who runs continuous integration in a container.
  const browser = await chromium.launch({ executablePath: asked.chromium, args: ['--no-sandbox', '--disable-gpu'] });
  const found = new Array(asked.pages.length);
  const waiting = asked.pages.entries();
  const worker = async () => { for (const [index, url] of waiting) found[index] = await look(browser, asked, url); };
  await Promise.all([worker(), worker()]);
  await browser.close();
  process.stdout.write(JSON.stringify(found));
}

main().catch((error) => { console.error(error); process.exitCode = 1; });
