import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

for (const [name, language] of Object.entries({ bash, csharp, css, go, java, json, python, sql, typescript, xml, yaml })) {
  hljs.registerLanguage(name, language);
}

hljs.registerAliases(['javascript', 'js', 'ts', 'tsx', 'jsx'], { languageName: 'typescript' });

/** Colours one block by the language that its class names, or by a guess where it names none. */
export function colour(block: HTMLElement): void {
  const named = /language-([\w+#-]+)/.exec(block.className)?.[1];
  if (named && !hljs.getLanguage(named)) {
    return;
  }

  // highlight.js escapes the text itself, so nothing in it can become markup.
  const text = block.textContent ?? '';
  block.innerHTML = (named ? hljs.highlight(text, { language: named }) : hljs.highlightAuto(text)).value;
}
