import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesOf, isNoise } from '../src/_dropped.ts';

const file = name => ({ isFile: true, isDirectory: false, name, file: found => found({ name, webkitRelativePath: '' }) });
const gone = name => ({ isFile: true, isDirectory: false, name, file: (_, failed) => failed(new Error('NotFoundError')) });

// As browsers do: some at a time, and nothing at the end.
const folder = (name, entries, atOnce = 100) => ({
  isFile: false, isDirectory: true, name,
  createReader: () => {
    let at = 0;
    return { readEntries: found => found(entries.slice(at, at += atOnce)) };
  },
});
const names = async entries => (await filesOf(entries)).map(found => found.name);

test('a dropped folder gives the files of all folders in it', async () =>
  assert.deepEqual(await names([file('a.txt'), folder('docs', [file('b.md'), folder('deep', [folder('deeper', [file('c.pdf')])])]), null]), ['a.txt', 'b.md', 'c.pdf']));

test('a folder with more entries than a browser gives at once is read to its end', async () =>
  assert.equal((await names([folder('many', Array.from({ length: 250 }, (_, i) => file(`${i}.txt`)))])).length, 250));

test('a file that went meanwhile leaves the others alone', async () => assert.deepEqual(await names([folder('docs', [file('a.txt'), gone('b.txt'), file('c.txt')])]), ['a.txt', 'c.txt']));

test('hidden folders and those of tools are not read', async () =>
  assert.deepEqual(await names([folder('docs', [folder('.git', [file('HEAD')]), folder('node_modules', [file('index.js')]), folder('__MACOSX', [file('x')]), file('a.txt')])]), ['a.txt']));

test('what systems leave in folders is no document', () => {
  const noise = (name, webkitRelativePath = '') => isNoise({ name, webkitRelativePath });
  assert.deepEqual(['.DS_Store', 'Thumbs.db', 'desktop.ini', 'a.txt'].map(name => noise(name)), [true, true, true, false]);
  assert.deepEqual(['docs/.git/HEAD', 'docs/node_modules/x/a.md', 'node_modules/a.md', 'docs/modules/a.md'].map(path => noise('a.md', path)), [true, true, true, false]);
});
