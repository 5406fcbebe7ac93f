// What vendors write where a call has no arguments.

/** Nothing, or the word `null` (Groq, Ollama). */
export function isNoInput(text: string): boolean {
  const written = text.trim();
  return written === '' || written === 'null';
}

/** The arguments as the text of a JSON object, as far as their vendor wrote one. */
export function callInput(text: string): string {
  return isNoInput(text) ? '{}' : text;
}
