import { expect, test } from "vitest";
import { LinkedList } from "../../server/lib/linked-list.ts";

test("values stay in the order of their addition, whichever of them is removed", () => {
  const list = new LinkedList<number>();
  const nodes = [1, 2, 3, 4].map((value) => list.add(value));
  const remove = (index: number): readonly number[] => {
    const [node] = nodes.slice(index, index + 1);
    if (node !== undefined) list.remove(node);
    expect(list.size).toBe([...list].length);
    return [...list];
  };
  expect([...list]).toEqual([1, 2, 3, 4]);
  expect(remove(1)).toEqual([1, 3, 4]);
  expect(remove(3)).toEqual([1, 3]);
  list.add(5);
  expect(remove(0)).toEqual([3, 5]);
  // A second removal, of the first, the last and a middle one, changes nothing.
  expect([remove(0), remove(1), remove(3)]).toEqual([
    [3, 5],
    [3, 5],
    [3, 5],
  ]);
  expect(remove(2)).toEqual([5]);
  list.add(6);
  expect([...list]).toEqual([5, 6]);
});

test("a removed node refers to no other", () => {
  const list = new LinkedList<string>();
  const [, middle] = [list.add("a"), list.add("b"), list.add("c")];
  list.remove(middle);
  expect(middle).toEqual({ value: "b", previous: undefined, next: undefined });
});

test("the value that is visited may be removed", () => {
  const list = new LinkedList<string>();
  const nodes = ["a", "b", "c"].map((value) => list.add(value));
  const visited: string[] = [];
  for (const value of list) {
    visited.push(value);
    for (const node of nodes) if (node.value === value) list.remove(node);
  }
  expect([visited, list.size]).toEqual([["a", "b", "c"], 0]);
});
