// Makes a value unchangeable all the way down, maps included.

/** The same value, frozen. Changing a frozen map throws as changing a frozen object does. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const each of value.values()) deepFreeze(each);
    const refuse = { value: refuseChange };
    Object.defineProperties(value, { set: refuse, delete: refuse, clear: refuse });
  } else {
    for (const each of Object.values(value)) deepFreeze(each);
  }
  return Object.freeze(value);
}

function refuseChange(): never {
  throw new TypeError('This map is part of the frozen configuration.');
}
