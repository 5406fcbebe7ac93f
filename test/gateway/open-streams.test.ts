// When what opening streams left behind is collected.

import { expect, test } from 'bun:test';
import { OpenStreams } from '../../src/gateway/answer/open-streams.ts';

function counted() {
  let collections = 0;
  const streams = new OpenStreams(() => {
    collections += 1;
  });
  const open = (count: number) => {
    for (let i = 0; i < count; i++) streams.opened();
  };
  const close = (count: number) => {
    for (let i = 0; i < count; i++) streams.closed();
  };
  return { open, close, collections: () => collections };
}

test('a thousand streams that stay open are collected behind in four parts', () => {
  const { open, collections } = counted();
  open(255);
  expect(collections()).toBe(0);
  open(1);
  expect(collections()).toBe(1);
  open(768);
  expect(collections()).toBe(4);
});

test('streams that come and go cost no collection, however many they are', () => {
  const { open, close, collections } = counted();
  open(255);
  for (let i = 0; i < 10_000; i++) {
    close(1);
    open(1);
  }
  expect(collections()).toBe(0);
  open(1);
  for (let i = 0; i < 100; i++) {
    close(256);
    open(256);
  }
  expect(collections()).toBe(1);
});

test('a stream may be closed before it is opened', () => {
  const { open, close, collections } = counted();
  for (let i = 0; i < 1000; i++) {
    close(1);
    open(1);
  }
  expect(collections()).toBe(0);
});

test('the collection is one the engine has', () => {
  const streams = new OpenStreams();
  for (let i = 0; i < 256; i++) streams.opened();
});
