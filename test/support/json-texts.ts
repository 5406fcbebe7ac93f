// Values of which JSON texts are made that hold everything a reader of brackets and quotes could stumble over.

import fc from 'fast-check';

/** Texts full of what a string must not end at, short ones and such as are jumped over. */
const word = fc
  .array(
    fc.constantFrom(
      ...['"', '\\', '\\"', '[', '{', ']', '}', ',', 'a', 'ü', '\n'],
      ...['"\\'.repeat(20), 'x'.repeat(40)],
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

/** Objects and lists of words, numbers and nothing, some of them deep. */
export const { value: jsonValues } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'large' },
    word,
    fc.constantFrom(null, 1, true),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4 }),
  ),
}));
