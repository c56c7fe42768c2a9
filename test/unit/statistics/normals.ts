/** Standard normal draws for simulations, by G. E. P. Box & M. E. Muller (Annals of Math. Statistics 29, 1958). */
import { seededRandom } from "../../../runtime/contracts/index.ts";

export function normals(seed: string): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
