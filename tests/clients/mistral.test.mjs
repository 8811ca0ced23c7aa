// Mistral's own client, unmodified, pointed at the studio.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Mistral } from '@mistralai/mistralai';
import { rejected, startStudio } from './studio.mjs';

const model = 'smollm2-135m-instruct';
const messages = [{ role: 'user', content: 'What is the capital of France?' }];
let studio;
let client;

before(async () => {
  studio = await startStudio({ Inference__Slots: '1' });
  client = new Mistral({ apiKey: await studio.key(), serverURL: studio.url });
});
after(() => studio?.stop());

test('models are listed and found, as cards that say what they can do', async () => {
  const { data } = await client.models.list();
  assert.deepEqual(data.map((card) => [card.id, card.type, card.capabilities?.completionChat]), [[model, 'base', true], ['all-minilm-l6-v2', 'base', false]]);
  const card = await client.models.retrieve({ modelId: model });
  assert.equal(card.id, model);
  assert.ok(card.maxContextLength >= 2048);
});

test('a chat is answered whole', async () => {
  const completion = await client.chat.complete({ model, messages, maxTokens: 12, randomSeed: 7, safePrompt: false });
  assert.equal(completion.object, 'chat.completion');
  assert.equal(completion.model, model);
  assert.ok(completion.choices[0].message.content.length > 0);
  assert.ok(['stop', 'length'].includes(completion.choices[0].finishReason));
  assert.equal(completion.usage.totalTokens, completion.usage.promptTokens + completion.usage.completionTokens);
});

test('the same random seed gives the same answer', async () => {
  const ask = async () => (await client.chat.complete({ model, messages, maxTokens: 16, temperature: 1, randomSeed: 11 })).choices[0].message.content;
  assert.equal(await ask(), await ask());
});

test('a chat streams, with usage on its last chunk', async () => {
  const chunks = [];
  for await (const event of await client.chat.stream({ model, messages, maxTokens: 12 })) {
    chunks.push(event.data);
  }
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  assert.ok(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('').length > 0);
  assert.ok(['stop', 'length'].includes(chunks.at(-1).choices[0].finishReason));
  assert.ok(chunks.at(-1).usage.completionTokens > 0);
});

test('a stream that is aborted gives its place to the next', { timeout: 60_000 }, async () => {
  const abort = new AbortController();
  const stream = await client.chat.stream({ model, messages, maxTokens: 1900, stop: ['\u0000'] }, { fetchOptions: { signal: abort.signal } });
  await assert.rejects(async () => {
    for await (const event of stream) {
      assert.ok(event.data.id);
      abort.abort();
    }
  });
  assert.ok((await client.chat.complete({ model, messages, maxTokens: 1 })).usage.completionTokens === 1);
});

test('texts become vectors', async () => {
  const { id, data, usage } = await client.embeddings.create({ model: 'all-minilm-l6-v2', inputs: ['a red fox', 'a blue whale'] });
  assert.match(id, /^embd-/);
  assert.equal(data.length, 2);
  assert.equal(data[0].embedding.length, 384);
  assert.ok(usage.promptTokens > 0);
});

test('refusals carry their status and what to do', async () => {
  const unknown = await rejected(client.chat.complete({ model: 'nope', messages }));
  assert.equal(unknown.statusCode, 404);
  assert.match(unknown.body, /smollm2-135m-instruct/);
  const stranger = new Mistral({ apiKey: 'ms_wrong', serverURL: studio.url });
  assert.equal((await rejected(stranger.models.list())).statusCode, 401);
});

const parameters = { type: 'object', properties: { city: { type: 'string', maxLength: 12 } }, required: ['city'], additionalProperties: false };
const tools = [{ type: 'function', function: { name: 'get_weather', description: 'The weather of a city.', parameters } }];

test('a tool is called, and its result goes back', async () => {
  const { choices: [choice] } = await client.chat.complete({ model, messages, tools, toolChoice: 'any', parallelToolCalls: false, maxTokens: 60 });
  assert.equal(choice.finishReason, 'tool_calls');
  const [call] = choice.message.toolCalls;
  assert.match(call.id, /^[A-Za-z0-9]{9}$/);
  assert.equal(call.function.name, 'get_weather');
  assert.ok(JSON.parse(call.function.arguments).city !== undefined);
  const next = await client.chat.complete({
    model, tools, toolChoice: 'none', maxTokens: 8,
    messages: [...messages, { ...choice.message, role: 'assistant' }, { role: 'tool', name: 'get_weather', toolCallId: call.id, content: '12 degrees' }],
  });
  assert.ok(next.choices[0].message.content.length > 0);
});

test('a streamed call comes in one piece, as this client takes it', async () => {
  const calls = [];
  for await (const { data } of await client.chat.stream({ model, messages, tools, toolChoice: { type: 'function', function: { name: 'get_weather' } }, maxTokens: 60 })) {
    calls.push(...(data.choices[0].delta.toolCalls ?? []));
  }
  assert.equal(calls.length, 1);
  assert.ok(JSON.parse(calls[0].function.arguments).city !== undefined);
});

test('an answer follows a schema', async () => {
  const responseFormat = { type: 'json_schema', jsonSchema: { name: 'weather', schemaDefinition: parameters, strict: true } };
  const { choices: [choice] } = await client.chat.complete({ model, messages, responseFormat, maxTokens: 40 });
  assert.deepEqual(Object.keys(JSON.parse(choice.message.content)), ['city']);
});

test('a gap is not filled by a model that has no tokens for it', async () => {
  const refused = await rejected(client.fim.complete({ model, prompt: 'def f(', suffix: 'return a', maxTokens: 8 }));
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /model\.no_infill/);
});
