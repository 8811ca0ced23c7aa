// OpenAI's own client, unmodified: tools, formats, several answers, log-probabilities, completions and responses of the starter model, which
// learnt none of them. Masks make every shape certain, whatever the words are.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI, { BadRequestError, NotFoundError, UnprocessableEntityError } from 'openai';
import { rejected, startStudio } from './studio.mjs';

const model = 'smollm2-135m-instruct';
const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
const city = { type: 'object', properties: { city: { type: 'string', maxLength: 12 }, unit: { enum: ['c', 'f'] } }, required: ['city', 'unit'], additionalProperties: false };
const tools = [
  { type: 'function', function: { name: 'get_weather', description: 'The weather of a city.', parameters: city } },
  { type: 'function', function: { name: 'search', parameters: { type: 'object', properties: { query: { type: 'string', maxLength: 8 } }, required: ['query'], additionalProperties: false } } },
];
let studio;
let client;

before(async () => {
  studio = await startStudio({ Inference__Slots: '2' });
  client = new OpenAI({ apiKey: await studio.key(), baseURL: `${studio.url}/v1`, maxRetries: 0 });
});
after(() => studio?.stop());

test('a demanded tool is called, with arguments that its schema allows', async () => {
  const tool_choice = { type: 'function', function: { name: 'get_weather' } };
  const { choices: [choice] } = await client.chat.completions.create({ model, messages, tools, tool_choice, max_tokens: 60, seed: 3 });
  assert.equal(choice.finish_reason, 'tool_calls');
  assert.equal(choice.message.content, null);
  const [call] = choice.message.tool_calls;
  assert.equal(call.type, 'function');
  assert.equal(call.function.name, 'get_weather');
  const { city: name, unit } = JSON.parse(call.function.arguments);
  assert.ok(typeof name === 'string' && ['c', 'f'].includes(unit));

  // The result goes back, and the conversation goes on in words.
  const next = await client.chat.completions.create({
    model, tools, tool_choice: 'none', max_tokens: 8,
    messages: [...messages, choice.message, { role: 'tool', tool_call_id: call.id, content: '12 degrees' }],
  });
  assert.ok(next.choices[0].message.content.length > 0);
  assert.equal(next.choices[0].message.tool_calls, undefined);
});

test('a call streams, its arguments piece by piece', async () => {
  const stream = await client.chat.completions.create({ model, messages, tools, tool_choice: 'required', parallel_tool_calls: false, max_tokens: 60, seed: 4, stream: true });
  const deltas = [];
  let reason;
  for await (const { choices: [choice] } of stream) {
    deltas.push(...(choice?.delta.tool_calls ?? []));
    reason = choice?.finish_reason ?? reason;
  }
  assert.equal(reason, 'tool_calls');
  assert.deepEqual([...new Set(deltas.map((delta) => delta.index))], [0]);
  assert.ok(deltas[0].id && tools.some((tool) => tool.function.name === deltas[0].function.name));
  assert.ok(deltas.length > 3);
  assert.ok(JSON.parse(deltas.map((delta) => delta.function.arguments).join('')));
});

test("the client's own stream runner puts calls together", async () => {
  const runner = client.chat.completions.stream({ model, messages, tools, tool_choice: 'required', parallel_tool_calls: true, max_tokens: 120, seed: 6 });
  const { tool_calls: calls } = await runner.finalMessage();
  assert.ok(calls.length >= 1);
  assert.equal(new Set(calls.map((call) => call.id)).size, calls.length);
  calls.forEach((call) => assert.ok(JSON.parse(call.function.arguments)));
});

test('an answer follows a schema, also where its tokens run out', async () => {
  const schema = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0, maximum: 150 } }, required: ['name', 'age'], additionalProperties: false };
  for (const max_tokens of [16, 120]) {
    const { choices: [choice] } = await client.chat.completions.create({
      model, max_tokens, messages: [{ role: 'user', content: 'Invent a person.' }], response_format: { type: 'json_schema', json_schema: { name: 'person', schema, strict: true } },
    });
    const person = JSON.parse(choice.message.content);
    assert.deepEqual(Object.keys(person), ['name', 'age']);
    assert.ok(Number.isInteger(person.age) && person.age <= 150);
  }
  const any = await client.chat.completions.create({ model, messages, max_tokens: 30, response_format: { type: 'json_object' } });
  assert.equal(typeof JSON.parse(any.choices[0].message.content), 'object');
  const regex = await client.chat.completions.create({ model, messages, max_tokens: 12, guided_regex: '[0-9]{2}:[0-9]{2}' });
  assert.match(regex.choices[0].message.content, /^\d\d:\d\d$/);
  const choice = await client.chat.completions.create({ model, messages, max_tokens: 12, guided_choice: ['sun', 'rain'] });
  assert.ok(['sun', 'rain'].includes(choice.choices[0].message.content));
});

test('what cannot be held to is refused by its name', async () => {
  const ask = (schema) => client.chat.completions.create({ model, messages, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } });
  const keyword = await rejected(ask({ type: 'array', uniqueItems: true }), UnprocessableEntityError);
  assert.equal(keyword.param, 'response_format');
  assert.match(keyword.message, /uniqueItems/);
  const strict = [{ type: 'function', function: { name: 'pick', strict: true, parameters: { type: 'object', properties: { n: { not: { const: 1 } } } } } }];
  const tool = await rejected(client.chat.completions.create({ model, messages, tools: strict }), UnprocessableEntityError);
  assert.equal(tool.param, 'tools');
  assert.match(tool.message, /"pick".*"not"/);
  const bias = await rejected(client.chat.completions.create({ model, messages, logit_bias: { 99999: 1 } }), BadRequestError);
  assert.equal(bias.param, 'logit_bias');
});

test('several answers come from one request, each with its end', async () => {
  const { choices, usage } = await client.chat.completions.create({ model, messages, n: 3, max_tokens: 6, seed: 9, temperature: 1 });
  assert.deepEqual(choices.map((choice) => choice.index), [0, 1, 2]);
  assert.ok(choices.every((choice) => choice.message.content.length > 0));
  assert.ok(usage.completion_tokens > 6 && usage.completion_tokens <= 18);
});

test('log-probabilities come with each token, whole and streamed', async () => {
  const request = { model, messages, max_tokens: 5, temperature: 0, logprobs: true, top_logprobs: 3 };
  const { choices: [whole] } = await client.chat.completions.create(request);
  const tokens = whole.logprobs.content;
  assert.equal(tokens.map((token) => token.token).join(''), whole.message.content);
  tokens.forEach((token) => {
    assert.ok(token.logprob <= 0);
    assert.equal(token.top_logprobs.length, 3);
    assert.equal(token.top_logprobs[0].token, token.token);
    assert.equal(new TextDecoder().decode(Uint8Array.from(token.bytes)), token.token);
  });
  const streamed = [];
  for await (const { choices: [choice] } of await client.chat.completions.create({ ...request, stream: true })) {
    streamed.push(...(choice?.logprobs?.content ?? []));
  }
  assert.deepEqual(streamed.map((token) => token.token), tokens.map((token) => token.token));
});

test('a bias is added to a token', async () => {
  const request = { model, messages, max_tokens: 1, temperature: 0, logprobs: true };
  const first = (await client.completions.create({ model, prompt: 'One, two, three,', max_tokens: 1, temperature: 0, logprobs: 1 })).choices[0];
  assert.equal(first.text, ' four');
  const banned = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [1000 + i, -100]));
  assert.ok((await client.chat.completions.create({ ...request, logit_bias: banned })).choices[0].message.content.length > 0);
  const forced = await client.chat.completions.create({ ...request, max_tokens: 3, logit_bias: { 1000: 100 } });
  const [one] = forced.choices[0].logprobs.content;
  assert.ok(forced.choices[0].logprobs.content.every((token) => token.token === one.token));
});

test('texts are completed without a template, in the older shape', async () => {
  const prompt = 'The capital of France is';
  const { object, choices: [choice], usage } = await client.completions.create({ model, prompt, max_tokens: 4, temperature: 0, logprobs: 2 });
  assert.equal(object, 'text_completion');
  assert.match(choice.text, /^ Paris/);
  assert.equal(choice.finish_reason, 'length');
  assert.equal(choice.logprobs.tokens.join(''), choice.text);
  assert.equal(choice.logprobs.text_offset[1], choice.logprobs.tokens[0].length);
  assert.equal(Object.keys(choice.logprobs.top_logprobs[0]).length, 2);
  assert.equal(usage.completion_tokens, 4);
  const many = await client.completions.create({ model, prompt: [prompt, 'One, two,'], n: 2, max_tokens: 2, temperature: 0, echo: true });
  assert.deepEqual(many.choices.map((one) => one.index), [0, 1, 2, 3]);
  assert.ok(many.choices[0].text.startsWith(`${prompt} Paris`) && many.choices[3].text.startsWith('One, two, '));
  assert.equal(many.usage.completion_tokens, 8);
  let streamed = '';
  for await (const chunk of await client.completions.create({ model, prompt, max_tokens: 4, temperature: 0, stream: true })) {
    streamed += chunk.choices[0]?.text ?? '';
  }
  assert.equal(streamed, choice.text);
  assert.equal((await rejected(client.completions.create({ model, prompt, best_of: 3 }), UnprocessableEntityError)).param, 'best_of');
  assert.equal((await rejected(client.completions.create({ model, prompt: [1, 2] }), UnprocessableEntityError)).param, 'prompt');
  assert.equal((await rejected(client.completions.create({ model, prompt: 'def f(', suffix: 'return' }), BadRequestError)).code, 'model.no_infill');
  assert.equal((await rejected(client.completions.create({ model: 'all-minilm-l6-v2', prompt }), BadRequestError)).code, 'model.wrong_task');
});

test('a response is answered whole, with its items and tokens', async () => {
  const response = await client.responses.create({ model, instructions: 'Be brief.', input: 'What is the capital of France?', max_output_tokens: 40, temperature: 0 });
  assert.equal(response.object, 'response');
  assert.ok(response.output_text.length > 0);
  assert.equal(response.output[0].type, 'message');
  assert.equal(response.status, response.incomplete_details ? 'incomplete' : 'completed');
  assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens);
  assert.equal(response.store, false);
});

test('a response streams as named, numbered events', async () => {
  const events = [];
  for await (const event of await client.responses.create({ model, input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }], max_output_tokens: 6, stream: true })) {
    events.push(event);
  }
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
  const types = events.map((event) => event.type);
  assert.deepEqual(types.slice(0, 4), ['response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added']);
  assert.deepEqual(types.slice(-4, -1), ['response.output_text.done', 'response.content_part.done', 'response.output_item.done']);
  assert.match(types.at(-1), /^response\.(completed|incomplete)$/);
  const text = events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');
  assert.equal(text, events.at(-1).response.output[0].content[0].text);
});

test('a response calls functions and takes their outputs, streamed and put together by the client', async () => {
  const [tool] = tools.map(({ type, function: { name, parameters } }) => ({ type, name, parameters, strict: true }));
  const stream = client.responses.stream({ model, input: 'Weather in Paris?', tools: [tool], tool_choice: 'required', parallel_tool_calls: false, max_output_tokens: 60 });
  const response = await stream.finalResponse();
  const [call] = response.output;
  assert.equal(call.type, 'function_call');
  assert.ok(JSON.parse(call.arguments).city !== undefined);
  const next = await client.responses.create({
    model, max_output_tokens: 8, tools: [tool], tool_choice: 'none',
    input: [{ role: 'user', content: 'Weather in Paris?' }, call, { type: 'function_call_output', call_id: call.call_id, output: '12 degrees' }],
  });
  assert.ok(next.output_text.length > 0);
  const format = { type: 'json_schema', name: 'c', schema: city, strict: true };
  const json = await client.responses.create({ model, input: 'Weather?', text: { format }, max_output_tokens: 60 });
  assert.ok(['c', 'f'].includes(JSON.parse(json.output_text).unit));
  const refused = await rejected(client.responses.create({ model, input: 'x', previous_response_id: 'resp_1' }), UnprocessableEntityError);
  assert.equal(refused.param, 'previous_response_id');
});

test('a saved prompt is asked by its slug, with a version and variables', async () => {
  const content = { model, settings: { maxOutputTokens: 8 }, messages: [{ role: 'system', text: 'Be {{tone}}.' }, { role: 'user', text: '{{question}}' }] };
  const headers = { authorization: `Bearer ${client.apiKey}`, 'content-type': 'application/json' };
  const made = await fetch(`${studio.url}/api/prompts`, { method: 'POST', headers, body: JSON.stringify({ name: 'Asked by the client', content }) });
  assert.equal(made.status, 201);
  const prompt = { id: 'asked-by-the-client', version: '1', variables: { tone: 'kind', question: { type: 'input_text', text: 'Who are you?' } } };
  const response = await client.responses.create({ prompt });
  assert.deepEqual(response.prompt, prompt);
  assert.equal(response.model, 'prompt:asked-by-the-client@1');
  assert.ok(response.output_text.length > 0);
  const taken = await client.responses.create({ prompt: { id: prompt.id, variables: { tone: 'kind' } }, input: 'And?' });
  assert.ok(taken.output_text.length > 0);
  const missing = await rejected(client.responses.create({ prompt: { id: prompt.id, variables: { question: 'Who?' } } }), UnprocessableEntityError);
  assert.equal(missing.code, 'prompt.missing_variables');
});

test('documents are not reranked where no cross-encoder is installed', async () => {
  const refused = await rejected(client.post('/rerank', { body: { query: 'fox', documents: ['a red fox', 'a blue whale'] } }), NotFoundError);
  assert.equal(refused.code, 'model.no_reranker');
});
