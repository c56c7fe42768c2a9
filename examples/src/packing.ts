/** Parcels into boxes of one size: as few boxes as can be had quickly. */
const BOX = 100;

/** Each parcel goes into the first box that has room for it. */
export function firstFit(parcels: readonly number[]): number[][] {
  const boxes: number[][] = [];
  const room: number[] = [];
  for (const parcel of parcels) {
    let box = 0;
    while (box < boxes.length && room[box]! < parcel) box++;
    if (box === boxes.length) {
      boxes.push([]);
      room.push(BOX);
    }
    boxes[box]!.push(parcel);
    room[box]! -= parcel;
  }
  return boxes;
}

/** The same with the largest parcels first, which leaves less room over. */
export function largestFirst(parcels: readonly number[]): number[][] {
  const ofSize = new Array<number>(BOX + 1).fill(0);
  for (const parcel of parcels) ofSize[parcel]!++;
  const sorted: number[] = [];
  for (let size = BOX; size > 0; size--) {
    for (let left = ofSize[size]!; left > 0; left--) sorted.push(size);
  }
  return firstFit(sorted);
}

/** A metric: what a packing takes. It gets the result of a call, and its arguments behind it. */
export function boxesTaken(boxes: readonly (readonly number[])[]): number {
  return boxes.length;
}
