// Bundles the pages' scripts, styles, fonts and icons: node build.mjs <output folder>
import { build } from 'esbuild';
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { icons } from './icons.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const output = resolve(process.argv[2] ?? join(here, 'dist'));
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ['chrome111', 'firefox115', 'safari16.4'],
  logLevel: 'warning',
  legalComments: 'none',
};

// Modules that pages import on first use; what several of them need becomes a chunk.
await build({
  ...shared,
  entryPoints: readdirSync(join(here, 'src')).filter(name => name.endsWith('.ts') && name !== 'theme.ts' && !name.startsWith('_')).map(name => `src/${name}`),
  format: 'esm',
  splitting: true,
  outdir: output,
  outbase: join(here, 'src'),
  chunkNames: 'chunks/[name]-[hash]',
});

// Runs in <head> before the first paint, so it is a plain script.
await build({ ...shared, entryPoints: ['src/theme.ts'], format: 'iife', outfile: join(output, 'theme.js') });

await build({
  ...shared,
  entryPoints: ['css/studio.css'],
  outfile: join(output, 'studio.css'),
  loader: { '.woff2': 'file' },
  assetNames: 'fonts/[name]',
});

// The reader of PDF files works in a thread of its own, so that is a file of its own; beside it what documents without their own fonts need.
const pdf = join(here, 'node_modules/pdfjs-dist');
mkdirSync(join(output, 'pdf'));
copyFileSync(join(pdf, 'legacy/build/pdf.worker.min.mjs'), join(output, 'pdf/worker.mjs'));
for (const part of ['cmaps', 'standard_fonts']) {
  cpSync(join(pdf, part), join(output, 'pdf', part), { recursive: true });
}
cpSync(join(pdf, 'wasm'), join(output, 'pdf/decoders'), { recursive: true });

// One sprite of the icons in use; <use href="/icons.svg#name"> draws one.
const symbols = icons.map(name => {
  const svg = readFileSync(join(here, 'node_modules/lucide-static/icons', `${name}.svg`), 'utf8');
  const inner = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>')).replace(/\s*\n\s*/g, '');
  return `<symbol id="${name}" viewBox="0 0 24 24">${inner}</symbol>`;
});
writeFileSync(join(output, 'icons.svg'), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('\n')}</svg>\n`);
writeFileSync(join(output, 'favicon.svg'), readFileSync(join(here, 'favicon.svg')));
