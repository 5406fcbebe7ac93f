// What a legal stream is in each format, judged by the text a client receives.

import type { FormatId } from '../../src/canonical/part.ts';
import { isObject } from '../../src/lib/json.ts';
import { chatGrammar } from './grammar-chat.ts';
import { googleGrammar } from './grammar-google.ts';
import { messagesGrammar } from './grammar-messages.ts';
import { responsesGrammar } from './grammar-responses.ts';
import { demand, type Ending, type Grammar, type Wire } from './grammar-rule.ts';

const GRAMMARS: Partial<Record<FormatId, () => Grammar>> = {
  'openai-chat': chatGrammar,
  'openai-responses': responsesGrammar,
  'anthropic-messages': messagesGrammar,
  'google-generate-content': googleGrammar,
};

/** Throws with the reason when the text is no legal, closed stream of the format. */
export function judge(format: FormatId, text: string): Ending {
  const grammar = GRAMMARS[format]?.();
  if (!grammar) throw new Error(`no grammar of ${format}`);
  for (const wire of framesOf(text)) grammar.read(wire);
  return grammar.end();
}

/** Every line is a field or a comment, every frame one line of data, and the last one is closed by its blank line. */
function framesOf(text: string): Wire[] {
  if (text !== '') demand(text.endsWith('\n\n'), 'the last frame has no blank line');
  return text
    .split(/\n{2,}/)
    .filter((frame) => frame !== '')
    .flatMap((frame): Wire[] => {
      const lines = frame.split('\n').filter((line) => !line.startsWith(':'));
      if (lines.length === 0) return [];
      const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
      const names = lines.filter((line) => line.startsWith('event: ')).map((line) => line.slice(7));
      demand(data.length === 1 && data.length + names.length === lines.length, `not a frame: ${frame}`);
      const [only = ''] = data;
      if (only === '[DONE]') return [{ event: names[0], value: undefined }];
      const value: unknown = JSON.parse(only);
      if (!isObject(value)) throw new Error(`not an object: ${only}`);
      return [{ event: names[0], value }];
    });
}
