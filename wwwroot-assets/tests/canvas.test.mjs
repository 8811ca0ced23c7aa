import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubt, Unheard } from '../src/_away.ts';
import { guardCircuit } from '../src/_circuit.ts';
import { onConnection } from '../src/_connection.ts';
import { liquidParts } from '../src/_liquid.ts';
import { Graph } from '../src/canvas/graph.ts';
import { Kept } from '../src/canvas/kept.ts';
import { fits } from '../src/canvas/model.ts';
import { complete, suggest } from '../src/canvas/names.ts';
import { Outbox, slow } from '../src/canvas/outbox.ts';
import { pasted } from '../src/canvas/pasted.ts';
import { distanceTo, path, route } from '../src/canvas/route.ts';
import { meantBy } from '../src/canvas/pointer.ts';
import { snap } from '../src/canvas/snap.ts';
import { contains, SpatialIndex } from '../src/canvas/spatial.ts';
import { autoPan, beside, fit, inView, isSpent, opening, pinch, reveal, toScreen, toWorld, uncovered, zoomAt } from '../src/canvas/viewport.ts';
import { along, nearest } from '../src/canvas/walk.ts';

const near = (a, b) => assert.ok(Math.abs(a.x - b.x) < 1e-6 && Math.abs(a.y - b.y) < 1e-6, `${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
const text = name => ({ name, type: 'text' });
const card = (id, x, y, parent = '', more = {}) => ({ id, parent, x, y, w: 184, h: 80, kind: 'card', ins: [text('in')], outs: [text('text')], ...more });
const edge = (from, to, scope = '', more = {}) => ({ id: `${from}>${to}`, scope, from, fromPort: 'text', to, toPort: 'in', type: 'text', label: '', ...more });
const graphOf = (nodes, edges) => {
  const graph = new Graph();
  graph.apply({ revision: 0, whole: true, nodes, gone: [], edges, goneEdges: [] });
  return graph;
};

test('zooming leaves what is under the pointer where it is', () => {
  const view = { x: 30, y: -20, zoom: 0.8 };
  const at = { x: 311, y: 207 };
  near(toScreen(zoomAt(view, at, 1.7), toWorld(view, at)), at);
  assert.equal(zoomAt(view, at, 1000).zoom, 2);
});

test('two fingers keep what is between them', () => {
  const view = { x: 10, y: 20, zoom: 1 };
  const now = pinch(view, [{ x: 100, y: 100 }, { x: 200, y: 100 }], [{ x: 90, y: 150 }, { x: 240, y: 150 }]);
  near(toScreen(now, toWorld(view, { x: 150, y: 100 })), { x: 165, y: 150 });
  assert.equal(now.zoom, 1.5);
});

test('fitting shows all, centred, and never larger than life', () => {
  const view = fit({ x: -100, y: 50, w: 2000, h: 400 }, { w: 1000, h: 600 });
  near(toScreen(view, { x: 900, y: 250 }), { x: 500, y: 300 });
  assert.equal(fit({ x: 0, y: 0, w: 10, h: 10 }, { w: 1000, h: 600 }).zoom, 1);
});

test('what is first seen can be read: all of it, or its beginning', () => {
  assert.deepEqual(opening({ x: 0, y: 0, w: 500, h: 300 }, { w: 1000, h: 600 }), fit({ x: 0, y: 0, w: 500, h: 300 }, { w: 1000, h: 600 }));
  const view = opening({ x: 100, y: 0, w: 5000, h: 300 }, { w: 1000, h: 600 });
  near(toScreen(view, { x: 100, y: 150 }), { x: 40, y: 300 });
  assert.equal(view.zoom, 0.7);
});

test('a card that waits for somebody is in the first view, wherever it stands', () => {
  const size = { w: 620, h: 500 };
  const shown = view => inView(view, size);
  const waits = { x: 1440, y: 300, w: 184, h: 112 };
  assert.ok(!contains(shown(opening({ x: 0, y: 0, w: 2000, h: 900 }, size)), waits));
  assert.ok(contains(shown(opening({ x: 0, y: 0, w: 2000, h: 900 }, size, waits)), waits));
});

test('revealing moves no more than it must, and nothing that is in view', () => {
  const view = { x: 0, y: 0, zoom: 1 };
  assert.deepEqual(reveal(view, { x: 100, y: 100, w: 184, h: 80 }, { w: 800, h: 600 }), view);
  assert.equal(reveal(view, { x: 900, y: 100, w: 184, h: 80 }, { w: 800, h: 600 }).x, 800 - 48 - 184 - 900);
});

test('what lies over the canvas hides nothing that is revealed', () => {
  const canvas = { left: 248, top: 92, right: 1024, bottom: 768 };
  assert.deepEqual(uncovered(canvas, { left: 720, top: 92, right: 1024, bottom: 768 }), { w: 472, h: 676 });
  assert.deepEqual(uncovered(canvas, { left: 1024, top: 92, right: 1328, bottom: 768 }), { w: 776, h: 676 });
  assert.deepEqual(uncovered({ left: 0, top: 92, right: 390, bottom: 844 }, { left: 0, top: 400, right: 390, bottom: 844 }), { w: 390, h: 308 });
});

test('near a border the view moves by itself', () => {
  assert.deepEqual(autoPan({ x: 400, y: 300 }, { w: 800, h: 600 }), { x: 0, y: 0 });
  assert.ok(autoPan({ x: 5, y: 595 }, { w: 800, h: 600 }).x > 0 && autoPan({ x: 5, y: 595 }, { w: 800, h: 600 }).y < 0);
});

test('the index finds what overlaps, as it stands now', () => {
  const index = new SpatialIndex();
  index.set('a', { x: 0, y: 0, w: 184, h: 80 });
  index.set('b', { x: 5000, y: -3000, w: 184, h: 80 });
  assert.deepEqual(index.in({ x: 100, y: 50, w: 10, h: 10 }), ['a']);
  index.set('a', { x: 5000, y: -2950, w: 184, h: 80 });
  assert.deepEqual(index.in({ x: 100, y: 50, w: 10, h: 10 }), []);
  assert.deepEqual(index.in({ x: 4990, y: -2960, w: 50, h: 50 }).sort(), ['a', 'b']);
  index.delete('a');
  assert.deepEqual(index.in({ x: 4990, y: -2960, w: 50, h: 50 }), ['b']);
});

test('wires are orthogonal, with rounded corners, and leave on the side that faces their target', () => {
  const graph = graphOf([card('a', 0, 0), card('b', 300, 200), card('c', 0, 200), card('d', -400, 0)], [edge('a', 'b'), edge('a', 'c'), edge('b', 'd')]);
  for (const way of graph.ways.values()) {
    for (let i = 1; i < way.length; i++) {
      assert.ok(way[i].x === way[i - 1].x || way[i].y === way[i - 1].y, JSON.stringify(way));
    }
  }

  const [right] = graph.ends(graph.edges.get('a>b'));
  assert.deepEqual([right.side, right.x, right.y], ['right', 184, 40]);
  const [bottom, top] = graph.ends(graph.edges.get('a>c'));
  assert.deepEqual([bottom.side, bottom.y, top.side, top.y], ['bottom', 80, 'top', 200]);
  assert.match(path(graph.ways.get('a>b')), /^M184 40L[\d. ]+Q/);
});

test('a wire goes around a card in its way where there is room', () => {
  const block = { x: 300, y: 0, w: 100, h: 80 };
  const hits = area => area.x < block.x + block.w && block.x < area.x + area.w && area.y < block.y + block.h && block.y < area.y + area.h ? [block] : [];
  const way = route({ x: 184, y: 40, side: 'right' }, { x: 600, y: 40, side: 'left' }, hits);
  assert.ok(way.some(point => point.y < 0 || point.y > 80));
  assert.ok(distanceTo(way, { x: 350, y: 40 }) > 40);
});

test('moving a node changes its wires and those beside them alone', () => {
  const graph = graphOf([card('a', 0, 0), card('b', 300, 0), card('c', 600, 0), card('d', 900, 0), card('e', 1200, 0)], [edge('a', 'b'), edge('b', 'c'), edge('d', 'e')]);
  const before = graph.ways.get('d>e');
  const { nodes, edges } = graph.move([['a', { x: 0, y: 160 }]]);
  assert.deepEqual([...nodes].sort(), ['a', 'b']);
  assert.deepEqual([...edges].sort(), ['a>b', 'b>c']);
  assert.equal(graph.ways.get('d>e'), before);
});

test('a container is as large as its inside, and takes it along', () => {
  const box = { ...card('each', 100, 100), kind: 'container', w: 264, h: 136, toBody: [text('text')], fromBody: [text('in')] };
  const graph = graphOf([box, card('each/one', 0, 0, 'each'), card('each/two', 400, 50, 'each')], [edge('each', 'each/one', 'each'), edge('each/two', 'each', 'each')]);
  assert.deepEqual(graph.rects.get('each'), { x: 100, y: 100, w: 40 + 400 + 184 + 40, h: 64 + 50 + 80 + 24 });
  assert.deepEqual(graph.rects.get('each/one'), { x: 140, y: 164, w: 184, h: 80 });
  graph.move([['each', { x: 0, y: 0 }]]);
  assert.deepEqual(graph.rects.get('each/one'), { x: 40, y: 64, w: 184, h: 80 });
  assert.equal(graph.ways.get('each>each/one')[0].x, 0);
  assert.equal(graph.containerAt({ x: 50, y: 200 }), 'each');
  assert.equal(graph.containerAt({ x: 5000, y: 200 }), '');
});

test('a patch adds, changes and removes, and the rest stays', () => {
  const graph = graphOf([card('a', 0, 0), card('b', 300, 0)], [edge('a', 'b')]);
  graph.apply({ revision: 1, nodes: [card('c', 600, 0)], gone: ['a'], edges: [edge('b', 'c')], goneEdges: ['a>b'] });
  assert.deepEqual([...graph.nodes.keys()], ['b', 'c']);
  assert.deepEqual([...graph.edges.keys()], ['b>c']);
  assert.equal(graph.revision, 1);
});

test('what is dragged comes in line with its neighbours, or to the grid', () => {
  const near = snap({ x: 203, y: 57, w: 184, h: 80 }, [{ x: 200, y: 300, w: 184, h: 80 }]);
  assert.equal(near.dx, -3);
  assert.equal(near.guides[0].at, 200);
  assert.equal(near.dy, 7);
  assert.deepEqual(snap({ x: 21, y: 30, w: 184, h: 80 }, []), { dx: -5, dy: 2, guides: [] });
});

test('the focus follows the wires, and arrows go to what is near', () => {
  const graph = graphOf([card('answer', 900, 0), card('low', 300, 300), card('high', 300, 0), card('start', 0, 100)],
    [edge('start', 'low'), edge('start', 'high'), edge('high', 'answer'), edge('low', 'answer')]);
  assert.deepEqual(along(graph), ['start', 'high', 'low', 'answer']);
  assert.equal(nearest(graph, 'start', 'right'), 'high');
  assert.equal(nearest(graph, 'high', 'down'), 'low');
  assert.equal(nearest(graph, 'start', 'left'), null);
});

test('ports fit by the rule of the flow', () => {
  assert.ok(fits('text', 'json') && fits('json', 'number') && fits('list<text>', 'list<json>') && fits('passages', 'list<json>') && fits('list<list<text>>', 'list<list<text>>'));
  assert.ok(!fits('text', 'number') && !fits('list<text>', 'text') && !fits('passages', 'list<text>') === false);
});

test('a drag takes a wire off, with Shift it selects across it, and where nothing can be changed it moves the view', () => {
  const mouse = { shiftKey: false, pointerType: 'mouse' };
  assert.equal(meantBy(mouse, true, false), 'reconnect');
  assert.equal(meantBy({ ...mouse, shiftKey: true }, true, false), 'select');
  assert.equal(meantBy(mouse, true, true), 'pan');
  assert.equal(meantBy(mouse, false, false), 'select');
  assert.equal(meantBy({ ...mouse, pointerType: 'touch' }, false, false), 'pan');
});

test('what is sent while the connection is away arrives once it is back, once and in order', async () => {
  let connected = false;
  const [arrived, told, later] = [[], [], []];
  const box = new Outbox(async (number, method) => arrived.push(`${number} ${method}`), () => connected, waiting => told.push(waiting), { now: () => 0, later: act => later.push(act) });
  const [one, two] = [box.send('Move', {}), box.send('Connect', {})];
  await Promise.resolve();
  assert.deepEqual([arrived, told.at(-1)], [[], 2]);
  connected = true;
  later.shift()();
  await Promise.all([one, two]);
  assert.deepEqual(arrived, ['1 Move', '2 Connect']);
});

test('an answer that was lost with the connection is asked for again under the same number', async () => {
  const arrived = [];
  let connected = true;
  const box = new Outbox((number, method) => {
    arrived.push(`${number} ${method}`);
    return arrived.length === 1 ? new Promise(() => undefined) : Promise.resolve('done');
  }, () => connected, () => undefined, { now: () => 0, later: () => undefined });
  const answer = box.send('Move', {});
  await Promise.resolve();
  box.reconnected();
  assert.equal(await answer, 'done');
  assert.deepEqual(arrived, ['1 Move', '1 Move']);
});

test('what has no answer for a while is said to wait, though nobody noticed that the connection is gone', async () => {
  const [told, later] = [[], []];
  let answer = () => undefined;
  const box = new Outbox(() => new Promise(resolve => answer = resolve), () => true, waiting => told.push(waiting), { now: () => 0, later: (act, ms) => ms === slow && later.push(act) });
  const quick = box.send('Move', {});
  answer();
  await quick;
  later.shift()();
  assert.deepEqual(told, [0]);
  const silent = box.send('Move', {});
  later.shift()();
  assert.deepEqual(told, [0, 1]);
  answer();
  await silent;
  await Promise.resolve();
  assert.deepEqual(told, [0, 1, 0]);
});

test('what waits for more than half a minute is given up, and said to be', async () => {
  let [now, lost] = [0, false];
  const later = [];
  const box = new Outbox(async () => undefined, () => false, (_, gone) => lost ||= gone, { now: () => now, later: act => later.push(act) });
  const answer = box.send('Move', {});
  now = 31_000;
  later.shift()();
  assert.equal(await answer, undefined);
  assert.ok(lost);
});

test('between braces the names are offered that fit what was typed', () => {
  const names = [{ Name: 'context', Type: 'passages', From: 'Search' }, { Name: 'search.passages', Type: 'passages', From: '' }, { Name: 'question', Type: 'text', From: '' }];
  const offered = (text, bare) => suggest(text, text.length, names, bare)?.names.map(one => one.Name) ?? null;
  assert.deepEqual(offered('Answer {{ '), ['context', 'search.passages', 'question']);
  assert.deepEqual(offered('Answer {{ sea'), ['search.passages']);
  assert.deepEqual(offered('{{ question }} and'), null);
  assert.deepEqual(offered('{% if que'), ['question']);
  assert.deepEqual(offered('con', true), ['context']);
  assert.deepEqual(offered('question', true), []);
});

test('a name that is chosen closes its braces, once', () => {
  const chosen = (before, after = '') => complete(before + after, before.length, before.length - /[\w.-]*$/.exec(before)[0].length, 'question');
  assert.equal(chosen('Answer {{qu'), 'question}}');
  assert.equal(chosen('Answer {{ qu', ' and {{ other }}'), 'question }}');
  assert.equal(chosen('Answer {{ qu', ' }} and'), 'question');
  assert.equal(chosen('Answer {{ name | append: qu'), 'question');
  assert.equal(chosen('{% if qu'), 'question');
});

test('a template is taken apart into words, values and tags', () => {
  assert.deepEqual(liquidParts('Dear {{ name | upcase }},\n{% if x %}{{y}}{% endif %} {{ open'), [
    { text: 'Dear ', kind: 'text' }, { text: '{{ name | upcase }}', kind: 'value' }, { text: ',\n', kind: 'text' }, { text: '{% if x %}', kind: 'tag' },
    { text: '{{y}}', kind: 'value' }, { text: '{% endif %}', kind: 'tag' }, { text: ' {{ open', kind: 'text' },
  ]);
  assert.deepEqual(liquidParts(''), []);
});

test('what is at hand beside the view lasts until it is used up', () => {
  const then = { x: 0, y: 0, zoom: 1 };
  const size = { w: 800, h: 600 };
  assert.equal(isSpent(then, { ...then, x: 100, y: -150 }), false);
  assert.equal(isSpent(then, { ...then, x: 200 }), true);
  assert.equal(isSpent(then, { ...then, zoom: 0.5 }), true);
  // Whatever can be seen before it is looked for anew was at hand.
  const had = inView(then, size, beside);
  for (const now of [{ x: 160, y: 160, zoom: 1 }, { x: -160, y: -160, zoom: 1 }, { x: 40, y: 30, zoom: 0.91 }]) {
    assert.equal(isSpent(then, now), false);
    const seen = inView(now, size);
    assert.ok(seen.x >= had.x && seen.y >= had.y && seen.x + seen.w <= had.x + had.w && seen.y + seen.h <= had.y + had.h, JSON.stringify(now));
  }
});

test('a wire is found wherever it passes, and no more once it is gone', () => {
  const graph = graphOf([card('a', 0, 0), card('b', 3000, 0), card('c', 0, 4000)], [edge('a', 'b'), edge('a', 'c')]);
  assert.deepEqual(graph.lines.in({ x: 1500, y: 0, w: 100, h: 100 }), ['a>b']);
  assert.deepEqual(graph.lines.in({ x: 0, y: 2000, w: 400, h: 100 }), ['a>c']);
  graph.move([['b', { x: 3000, y: 3000 }]]);
  assert.ok(graph.lines.in({ x: 2900, y: 2900, w: 300, h: 300 }).includes('a>b'));
  graph.apply({ revision: 1, nodes: [], gone: ['c'], edges: [], goneEdges: ['a>c'] });
  assert.deepEqual(graph.lines.in({ x: 0, y: 2000, w: 50, h: 100 }), []);
});

test('of what is pasted only what may be a part of a flow is sent, and never more than the circuit takes', () => {
  const flow = '{"schema":"mistralstudio.flow/1","nodes":[]}';
  assert.deepEqual(pasted(flow), { text: flow });
  assert.deepEqual(pasted('x'.repeat(5_000_000)), { text: 'x'.repeat(100) });
  for (const letter of ['x', '"', '中', '\u0001']) {
    const sent = pasted(`{"a":"${letter.repeat(400_000)}"}`);
    assert.ok(JSON.stringify(sent).length < 1 << 20 && new TextEncoder().encode(JSON.stringify(sent)).length < 1 << 20, letter);
    assert.equal('text' in sent, letter === 'x' || letter === '"', letter);
  }
});

test('what is sent while an answer is awaited that will not come is said to wait', async () => {
  let connected = true;
  const told = [];
  const box = new Outbox(() => new Promise(() => undefined), () => connected, waiting => told.push(waiting), { now: () => 0, later: () => undefined });
  void box.send('Move', {});
  await Promise.resolve();
  assert.deepEqual(told, []);
  connected = false;
  box.parted();
  void box.send('Connect', {});
  assert.deepEqual(told, [1, 2]);
});

test('a field that was changed while nothing arrived, or shortly before that was noticed, is said again', () => {
  let now = 0;
  const unheard = new Unheard({ now: () => now });
  unheard.change('long ago');
  now = doubt + 1;
  unheard.change('just before');
  assert.equal(unheard.waits, false);
  unheard.left();
  assert.equal(unheard.waits, true);
  now += 5 * doubt;
  unheard.change('meanwhile');
  assert.deepEqual(unheard.back(), ['just before', 'meanwhile']);
  assert.equal(unheard.waits, false);
  assert.deepEqual(unheard.back(), []);
});

test('a card that comes during a gesture is chosen after it has come, not before', () => {
  const [kept, graph, chosen] = [new Kept(), graphOf([card('a', 0, 0)], []), []];
  const say = (revision, node) => kept.patch({ revision, whole: revision === 0, nodes: [node], gone: [], edges: [], goneEdges: [] }, patch => graph.apply(patch));
  const choose = id => kept.say(() => chosen.push(graph.nodes.has(id) ? id : `${id} is not there`));
  assert.ok(say(0, card('a', 0, 0)));
  kept.busy = true;
  assert.ok(say(1, card('b', 300, 0)));
  choose('b');
  assert.ok(say(2, card('c', 600, 0)));
  assert.equal(say(4, card('d', 900, 0)), false, 'One before it is missing.');
  assert.deepEqual([chosen, graph.revision], [[], 0]);
  kept.release();
  choose('c');
  assert.deepEqual([chosen, graph.revision], [['b', 'c'], 2]);
});

test('the page hears that its connection went, with each attempt, and that it is back, until it listens no more', () => {
  const before = globalThis.document;
  globalThis.document = new EventTarget();
  try {
    const [off, heard] = [new AbortController(), []];
    const say = state => document.dispatchEvent(new CustomEvent('components-reconnect-state-changed', { detail: { state } }));
    onConnection(isThere => heard.push(isThere), off.signal);
    ['show', 'retrying', 'failed', 'hide'].forEach(say);
    document.dispatchEvent(new CustomEvent('components-reconnect-state-changed'));
    off.abort();
    say('show');
    assert.deepEqual(heard, [false, false, false, true, false]);
  } finally {
    globalThis.document = before;
  }
});

test('a text that would end the circuit is not sent, and said to be too long until it is mended', () => {
  const [field, told] = [new EventTarget(), []];
  guardCircuit(field, characters => told.push(characters));
  const type = (text, name = 'change') => {
    field.value = text;
    const event = new Event(name, { bubbles: true });
    field.dispatchEvent(event);
    return !event.cancelBubble;
  };
  assert.ok(type('short'));
  assert.equal(type('a'.repeat(1_000_000)), false);
  assert.equal(type('\u0001'.repeat(200_000), 'input'), false, 'Written as JSON it is six times as long.');
  assert.ok(type('a'.repeat(800_000)));
  assert.ok(type('short'));
  assert.deepEqual(told, [1_000_000, 200_000, null]);
});
