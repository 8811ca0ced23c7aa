// Runs the tests of the pages' scripts: node test.mjs
import { build } from 'esbuild';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = mkdtempSync(join(tmpdir(), 'studio-assets-'));
try {
  const tests = readdirSync(join(here, 'tests')).filter(name => name.endsWith('.test.mjs'));
  await build({
    absWorkingDir: here, entryPoints: tests.map(name => `tests/${name}`), bundle: true, platform: 'node', format: 'esm', outdir: output, outExtension: { '.js': '.mjs' },
    logLevel: 'warning',
  });
  process.exitCode = spawnSync(process.execPath, ['--test', ...tests.map(name => join(output, name))], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(output, { recursive: true, force: true });
}
