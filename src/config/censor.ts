// A text of the configuration with its secrets covered: what may be shown on a screen.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { isScalar, parseDocument, visit } from 'yaml';
import { redact } from '../lib/log.ts';

/** Covers one text after another; a secret that stands in several gets the same number in each. */
type Censor = (text: string) => string;

/** Ends of the names of members whose text is a secret, or may hold one, wherever they stand. */
const SECRETIVE = 'api_?keys?|secret|token|password|passwd|webhooks?|headers|credentials?|authorization|dsn';
const SECRET_NAME = new RegExp(`(${SECRETIVE})$`, 'i');
/** Nothing but references, which say where a secret is and not what it is. */
const REFERENCES = /^(\$\{([A-Za-z_]\w*(:-)?|file:[^}]*)\})+$/;
const URL_LOGIN = /(:\/\/)[^/\s@]+@/g;
/** In comments nothing tells what a word is but its looks: long, with letters and digits. */
const RANDOM_WORD = /\b(?=\w*\d)(?=\w*[A-Za-z])\w{24,}|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
const COMMENT = /(^|\s)#.*$/gm;
/** Such a member that was commented out: its name and colon, and its value, a list and a map whole. */
const COMMENTED = new RegExp(
  `((?:${SECRETIVE})\\s*:\\s+)(\\{(?:\\$\\{[^}]*\\}|[^}])*\\}|\\[[^\\]]*\\]|"[^"]*"|'[^']*'|[^\\s,}#]+)`,
  'gi',
);

export function createCensor(): Censor {
  const numbers = new Map<string, number>();
  const cover = (secret: string) => {
    const number = numbers.get(secret) ?? numbers.size + 1;
    numbers.set(secret, number);
    return `"[redacted ${number}]"`;
  };
  return (text) => {
    const secrets = secretsIn(text);
    let shown = '';
    let at = 0;
    for (const { start, end, value } of secrets) {
      shown += text.slice(at, start) + cover(value);
      at = end;
    }
    shown += text.slice(at);
    return redact(shown)
      .replace(URL_LOGIN, '$1[redacted]@')
      .replace(COMMENT, (comment) =>
        comment.replace(COMMENTED, coverMember).replace(RANDOM_WORD, '[redacted]'),
      );
  };
}

function coverMember(whole: string, name: string, value: string): string {
  const items = value.replace(/[[\]"'\s]/g, '').split(',');
  return items.every((item) => REFERENCES.test(item)) ? whole : `${name}[redacted]`;
}

type Secret = { start: number; end: number; value: string };

function secretsIn(text: string): Secret[] {
  const secrets: Secret[] = [];
  visit(parseDocument(text, { prettyErrors: false }), {
    Scalar(role, node, path) {
      if (role === 'key' || !node.range) return;
      const value = typeof node.value === 'number' ? String(node.value) : node.value;
      if (typeof value !== 'string' || value === '') return;
      const isNamed = path.some(
        (owner) =>
          typeof owner === 'object' &&
          'key' in owner &&
          isScalar(owner.key) &&
          SECRET_NAME.test(String(owner.key.value)),
      );
      if (!isNamed || REFERENCES.test(value)) return;
      const [start, end] = node.range;
      // a block ends with its line
      secrets.push({ start, end: text[end - 1] === '\n' ? end - 1 : end, value });
    },
  });
  return secrets;
}
