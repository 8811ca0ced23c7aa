// OpenAI's own client, unmodified, pointed at the studio.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError, UnprocessableEntityError } from 'openai';
import { rejected, startStudio } from './studio.mjs';

const model = 'smollm2-135m-instruct';
const messages = [{ role: 'user', content: 'What is the capital of France?' }];
let studio;
let client;

before(async () => {
  // One slot: what an aborted answer does not give back, nobody else gets.
  studio = await startStudio({ Inference__Slots: '1' });
  client = connect(await studio.key());
});
after(() => studio?.stop());

const connect = (apiKey) => new OpenAI({ apiKey, baseURL: `${studio.url}/v1`, maxRetries: 0 });

test('models are listed and found', async () => {
  const ids = [];
  for await (const found of client.models.list()) {
    assert.equal(found.object, 'model');
    assert.equal(typeof found.created, 'number');
    assert.equal(typeof found.owned_by, 'string');
    ids.push(found.id);
  }
  assert.deepEqual(ids, [model, 'all-minilm-l6-v2']);
  assert.equal((await client.models.retrieve(model)).id, model);
  assert.equal((await client.models.retrieve('default')).id, 'default');
});

test('a chat is answered whole', async () => {
  const completion = await client.chat.completions.create({ model, messages, max_completion_tokens: 12, seed: 7, user: 'ignored' });
  assert.match(completion.id, /^chatcmpl-/);
  assert.equal(completion.object, 'chat.completion');
  assert.equal(completion.model, model);
  const [choice] = completion.choices;
  assert.equal(choice.index, 0);
  assert.equal(choice.message.role, 'assistant');
  assert.equal(choice.message.refusal, null);
  assert.equal(choice.logprobs, null);
  assert.ok(choice.message.content.length > 0);
  assert.ok(completion.usage.completion_tokens <= 12);
  assert.equal(completion.usage.total_tokens, completion.usage.prompt_tokens + completion.usage.completion_tokens);
});

test('the same seed gives the same answer', async () => {
  const ask = async () =>
    (await client.chat.completions.create({ model, messages, max_tokens: 16, temperature: 1, seed: 11 })).choices[0].message.content;
  assert.equal(await ask(), await ask());
});

test('an answer ends before a stop string, and says why it ended', async () => {
  const request = { model, messages, temperature: 0, max_tokens: 24 };
  const whole = (await client.chat.completions.create(request)).choices[0].message.content;
  const stop = whole.slice(4, 9);
  const stopped = (await client.chat.completions.create({ ...request, stop: [stop] })).choices[0];
  assert.equal(stopped.message.content, whole.slice(0, whole.indexOf(stop)));
  assert.equal(stopped.finish_reason, 'stop');
  const cut = (await client.chat.completions.create({ ...request, max_tokens: 2 })).choices[0];
  assert.equal(cut.finish_reason, 'length');
});

test('a chat streams, with usage where it was asked for', async () => {
  const stream = await client.chat.completions.create({ model, messages, max_tokens: 12, temperature: 0, stream: true, stream_options: { include_usage: true } });
  const chunks = [];
  for await (const chunk of stream) {
    assert.equal(chunk.object, 'chat.completion.chunk');
    chunks.push(chunk);
  }
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.completion_tokens > 0);
  assert.ok(['stop', 'length'].includes(chunks.at(-2).choices[0].finish_reason));
  const whole = await client.chat.completions.create({ model, messages, max_tokens: 12, temperature: 0 });
  assert.equal(chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.delta.content ?? '').join(''), whole.choices[0].message.content);
});

test("the client's own stream runner puts an answer together", async () => {
  const runner = client.chat.completions.stream({ model, messages, max_tokens: 8 });
  assert.ok((await runner.finalContent()).length > 0);
});

test('a stream that is aborted gives its place to the next', { timeout: 60_000 }, async () => {
  const stream = await client.chat.completions.create({ model, messages, max_tokens: 1900, stream: true, ignore_eos: true });
  let received = 0;
  for await (const chunk of stream) {
    received += chunk.choices.length;
    if (received === 5) {
      stream.controller.abort();
    }
  }
  // The only slot: this waits for the end of the answer before, 1,900 tokens long unless the abort ended it.
  const began = performance.now();
  await client.chat.completions.create({ model, messages, max_tokens: 1 });
  assert.ok(performance.now() - began < 8_000, `The next answer took ${performance.now() - began} ms.`);
});

test('texts become vectors, the same as base64 and as numbers', async () => {
  const request = { model: 'all-minilm-l6-v2', input: ['a red fox', 'a blue whale'] };
  const packed = await client.embeddings.create(request);
  const plain = await client.embeddings.create({ ...request, encoding_format: 'float' });
  assert.deepEqual(packed.data.map((item) => item.index), [0, 1]);
  assert.equal(packed.data[0].embedding.length, 384);
  assert.deepEqual(packed.data[1].embedding, plain.data[1].embedding.map(Math.fround));
  assert.ok(packed.usage.prompt_tokens > 0);
  const short = await client.embeddings.create({ ...request, dimensions: 64 });
  assert.equal(short.data[0].embedding.length, 64);
});

test('refusals are the exceptions that the client knows', async () => {
  const chat = { model, messages };
  const unknown = await rejected(client.chat.completions.create({ ...chat, model: 'nope' }), NotFoundError);
  assert.equal(unknown.code, 'model_not_found');
  assert.equal(unknown.param, 'model');
  assert.match(unknown.message, /smollm2-135m-instruct/);
  await rejected(client.models.retrieve('nope'), NotFoundError);
  await rejected(client.embeddings.create({ model: 'nope', input: 'x' }), NotFoundError);
  assert.equal((await rejected(client.chat.completions.create({ ...chat, temperature: 9 }), BadRequestError)).param, 'temperature');
  const functions = [{ name: 'f', parameters: {} }];
  assert.equal((await rejected(client.chat.completions.create({ ...chat, functions }), UnprocessableEntityError)).code, 'unsupported_parameter');
  await rejected(connect('ms_wrong').models.list(), AuthenticationError);
  await rejected(connect(await studio.key('models:read')).chat.completions.create(chat), PermissionDeniedError);
  const large = await rejected(client.chat.completions.create({ model, messages: [{ role: 'user', content: 'x'.repeat(17 << 20) }] }), Error);
  assert.equal(large.status, 413);
});
