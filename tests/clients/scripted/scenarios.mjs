// Both clients against a server whose model says what a test wrote: STUDIO_URL, STUDIO_KEY and SCENARIO come from that test.
import assert from 'node:assert/strict';
import { Mistral } from '@mistralai/mistralai';
import OpenAI, { APIError, RateLimitError } from 'openai';

const { STUDIO_URL: url, STUDIO_KEY: apiKey, SCENARIO: scenario } = process.env;
const model = 'scripted';
const messages = [{ role: 'user', content: 'Weather in Paris and Rome?' }];
const openai = (maxRetries) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries });
const mistral = () => new Mistral({ apiKey, serverURL: url });
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
const expected = [['get_weather', { city: 'Paris' }], ['get_weather', { city: 'Rome' }]];

const scenarios = {
  async parallel() {
    const whole = await openai(0).chat.completions.create({ model, messages, tools });
    assert.equal(whole.choices[0].message.content, 'I look.');
    assert.deepEqual(whole.choices[0].message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]), expected);
    const runner = openai(0).chat.completions.stream({ model, messages, tools });
    const final = await runner.finalMessage();
    assert.deepEqual(final.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]), expected);
    const response = await openai(0).responses.stream({ model, input: 'x', tools: tools.map(({ type, function: f }) => ({ type, ...f })) }).finalResponse();
    assert.deepEqual(response.output.map((item) => item.type), ['message', 'function_call', 'function_call']);
    const calls = [];
    for await (const { data } of await mistral().chat.stream({ model, messages, tools })) {
      calls.push(...(data.choices[0].delta.toolCalls ?? []));
    }
    assert.deepEqual(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]), expected);
    assert.deepEqual(calls.map((call) => call.index), [0, 1]);
  },

  async busy() {
    // Busy twice, each time with Retry-After: the client that does not try again sees it, the one that does gets its answer.
    const refused = await openai(0).chat.completions.create({ model, messages }).then(() => assert.fail('It was answered.'), (error) => error);
    assert.ok(refused instanceof RateLimitError);
    assert.equal(refused.headers.get('retry-after'), '1');
    const began = performance.now();
    const answer = await openai(2).chat.completions.create({ model, messages });
    assert.equal(answer.choices[0].message.content, 'Sun.');
    assert.ok(performance.now() - began >= 900);
  },

  async broken() {
    const stream = await openai(0).chat.completions.create({ model, messages, stream: true });
    let text = '';
    const error = await (async () => {
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
    })().then(() => assert.fail('It ended well.'), (thrown) => thrown);
    assert.equal(text, 'Sun');
    assert.ok(error instanceof APIError);
    assert.match(error.message, /internal error/);
  },
};

await scenarios[scenario]();
