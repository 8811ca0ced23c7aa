// The real server, built as it ships, over a data folder of its own; and a key that its command line made.
import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const binary = process.env.STUDIO_SERVER ?? join(root, 'src', 'MistralStudio.Web', 'bin', 'Debug', 'net10.0', 'MistralStudio.Web.dll');
const startLimit = 60_000;

/** Starts a server and waits until it says that it is ready. */
export async function startStudio(settings = {}) {
  const data = await mkdtemp(join(tmpdir(), 'studio-clients-'));
  const url = `http://localhost:${await freePort()}`;
  const env = {
    ...process.env,
    Studio__DataPath: data,
    Studio__Urls: url,
    Setup__Owner__Email: 'owner@example.com',
    Setup__Owner__Password: 'correct horse battery',
    ...settings,
  };
  const server = spawn('dotnet', [binary], { env });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  let output = '';
  await new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`The server did not become ready:\n${output}`)), startLimit);
    const read = (bytes) => {
      output += bytes;
      if (output.includes('is ready')) {
        clearTimeout(limit);
        resolve();
      }
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('exit', (code) => {
      clearTimeout(limit);
      reject(new Error(`The server ended with code ${code}:\n${output}`));
    });
  });
  return {
    url,
    /** Makes a key with these scopes; all of the Owner's where none is named. */
    async key(...scopes) {
      const arguments_ = [binary, 'keys', 'create', '--name', 'clients', ...scopes.flatMap((scope) => ['--scope', scope])];
      return (await promisify(execFile)('dotnet', arguments_, { env })).stdout.trim();
    },
    async stop() {
      server.kill('SIGKILL');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The error with which a promise is refused, which must be of a class. */
export async function rejected(promise, type = Error) {
  let answered;
  try {
    answered = await promise;
  } catch (error) {
    assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
    return error;
  }
  return assert.fail(`It was answered: ${JSON.stringify(answered)}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}
