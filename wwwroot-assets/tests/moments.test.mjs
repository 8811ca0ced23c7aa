import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentOf, Moments } from '../src/_moments.ts';

/** Moments whose answers the test gives. */
function asked() {
  const calls = [];
  let rests = 0;
  const moments = new Moments(moment => new Promise((resolve, reject) => calls.push({ ...moment, resolve, reject })), () => { rests += 1; });
  return { calls, moments, rests: () => rests, settle: () => new Promise(resolve => setImmediate(resolve)) };
}

test('keys lead to the event before and after, ten of them, and the ends', () => {
  assert.deepEqual(momentOf('ArrowLeft'), { kind: 'step', value: -1 });
  assert.deepEqual(momentOf('ArrowUp'), { kind: 'step', value: 1 });
  assert.deepEqual(momentOf('PageDown'), { kind: 'step', value: -10 });
  assert.deepEqual(momentOf('Home'), { kind: 'end', value: 0 });
  assert.deepEqual(momentOf('End'), { kind: 'end', value: 1 });
  assert.equal(momentOf('a'), null);
});

test('one moment is asked for at a time, and of the places meanwhile only the last', async () => {
  const { calls, moments, rests, settle } = asked();
  [.1, .2, .3].forEach(value => moments.want({ kind: 'at', value }));
  assert.deepEqual(calls.map(call => call.value), [.1]);
  calls[0].resolve();
  await settle();
  assert.deepEqual(calls.map(call => call.value), [.1, .3]);
  assert.equal(rests(), 0);
  calls[1].resolve();
  await settle();
  assert.equal(calls.length, 2);
  assert.equal(rests(), 1);
});

test('steps add up, also after a place, and none is lost', async () => {
  const { calls, moments, settle } = asked();
  moments.want({ kind: 'step', value: 1 });
  moments.want({ kind: 'step', value: 1 });
  moments.want({ kind: 'step', value: -3 });
  calls[0].resolve();
  await settle();
  assert.deepEqual([calls[1].kind, calls[1].value], ['step', -2]);
  moments.want({ kind: 'at', value: .5 });
  moments.want({ kind: 'step', value: 1 });
  calls[1].resolve();
  await settle();
  calls[2].resolve();
  await settle();
  assert.deepEqual(calls.slice(2).map(call => [call.kind, call.value]), [['at', .5], ['step', 1]]);
});

test('a connection that is lost forgets what waits, and the next one is asked for', async () => {
  const { calls, moments, settle } = asked();
  moments.want({ kind: 'step', value: 1 });
  moments.want({ kind: 'step', value: 1 });
  calls[0].reject(new Error('gone'));
  await settle();
  assert.equal(calls.length, 1);
  moments.want({ kind: 'end', value: 0 });
  assert.equal(calls[1].kind, 'end');
});
