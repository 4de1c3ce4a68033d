// Let MathJax read formulas. Reads a JSON list of {latex, display}; writes a JSON list: null, or what is wrong.
// Errors arise while TeX becomes MathML; drawing that, most of the work, is left to the tests of the site. Only the
// packages that GitHub has; without `noundefined`, an unknown macro is an error and not red text.
const fs = require('node:fs');

const configuration = {
  loader: { load: ['input/tex-base', '[tex]/ams'] },
  tex: { packages: ['base', 'ams'], formatError: (_jax, error) => { throw error; } },
};

function problem(MathJax, { latex, display }) {
  try {
    const html = MathJax.tex2mml(latex, { display });
    return html.includes('data-mjx-error') || html.includes('merror') ? 'an error is shown in its place' : null;
  } catch (error) {
    return error.message;
  }
}

require('mathjax').init(configuration).then((MathJax) => {
  const formulas = JSON.parse(fs.readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(formulas.map((formula) => problem(MathJax, formula))));
}).catch((error) => { console.error(error); process.exitCode = 1; });
