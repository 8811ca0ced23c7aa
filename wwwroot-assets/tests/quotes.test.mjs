import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locate } from '../src/_quotes.ts';

const marked = (pieces, quote) => locate(pieces, quote).map(({ item, from, to }) => pieces[item].slice(from, to));

test('a quote is found across pieces, whatever stands between its words', () =>
  assert.deepEqual(marked(['The Issuer shall ap-', 'point a  successor', ' Agent. Then'], 'shall appoint a successor Agent.'), ['shall ap-'.slice(0, 8), 'point a  successor', 'Agent']));

test('case, ligatures and full-width forms are the same letters', () => assert.deepEqual(marked(['The ﬁrst Ｎｏｔｅ'], 'first note'), ['ﬁrst Ｎｏｔｅ']));

test('a quote that goes on on the next page is marked as far as it is here', () => {
  const quote = 'the Substitute Issuer will appoint a successor Authorized Agent';
  assert.deepEqual(marked(['Before. the Substitute Issuer will appoint'], quote), ['the Substitute Issuer will appoint']);
  assert.deepEqual(marked(['a successor Authorized Agent', ' and more'], quote), ['a successor Authorized Agent']);
});

test('a quote with something else between its lines is marked up to there', () =>
  assert.deepEqual(marked(['Revenue of the whole company rose', 'PAGE HEADER', 'by ten per cent'], 'Revenue of the whole company rose by ten per cent'), ['Revenue of the whole company rose']));

test('what the page does not have is nowhere', () => {
  assert.deepEqual(locate(['Something else entirely'], 'the Substitute Issuer will appoint a successor'), []);
  assert.deepEqual(locate(['abc'], '—'), []);
});

test('characters of two units keep their places', () => assert.deepEqual(marked(['😀 𠮷野家 で食べる'], '𠮷野家で'), ['𠮷野家 で']));
