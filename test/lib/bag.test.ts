// The bag: what is in it, what is not, and members that leave while it is looked through.

import { expect, test } from 'bun:test';
import { Bag, type Bagged } from '../../src/lib/bag.ts';

const named = (name: string): Bagged & { name: string } => ({ name });
const namesIn = (bag: Bag<Bagged & { name: string }>) => [...bag].map(({ name }) => name).sort();

test('a bag holds what was added and not taken out, however often either was said', () => {
  const bag = new Bag<Bagged & { name: string }>();
  const [a, b, c] = [named('a'), named('b'), named('c')];
  for (const member of [a, b, c, a]) bag.add(member);
  bag.delete(a);
  bag.delete(a);
  expect(namesIn(bag)).toEqual(['b', 'c']);
  bag.add(a);
  bag.delete(c);
  expect(namesIn(bag)).toEqual(['a', 'b']);
  expect(bag.size).toBe(2);
});

test('members may leave while a bag is looked through: none that stays is missed', () => {
  const bag = new Bag<Bagged & { name: string }>();
  const members = ['a', 'b', 'c', 'd', 'e', 'f'].map(named);
  for (const member of members) bag.add(member);
  const seen = new Set<string>();
  for (const member of bag) {
    seen.add(member.name);
    if (member.name === 'f' || member.name === 'c') bag.delete(member);
  }
  expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(namesIn(bag)).toEqual(['a', 'b', 'd', 'e']);
});
