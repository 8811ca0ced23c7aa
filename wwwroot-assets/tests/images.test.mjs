import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imagesOf, nameOf } from '../src/_images.ts';

const accepted = 'image/png,image/jpeg';

test('images alone are for the model, in their order', () => {
  const files = [{ type: 'image/jpeg', name: 'b.jpg' }, { type: 'image/png', name: 'a.png' }];
  assert.deepEqual(imagesOf(files, accepted), files);
});

test('what has anything else in it is left to those who take documents', () => {
  assert.equal(imagesOf([{ type: 'image/png' }, { type: 'application/pdf' }], accepted), null);
  assert.equal(imagesOf([{ type: 'image/svg+xml' }], accepted), null);
  assert.equal(imagesOf([], accepted), null);
  assert.equal(imagesOf(null, accepted), null);
});

test('a pasted image is not called what every pasted image is called', () => {
  assert.equal(nameOf({ name: 'image.png' }, 'Pasted image'), 'Pasted image');
  assert.equal(nameOf({ name: '' }, 'Pasted image'), 'Pasted image');
  assert.equal(nameOf({ name: 'receipt.png' }, 'Pasted image'), 'receipt.png');
});
