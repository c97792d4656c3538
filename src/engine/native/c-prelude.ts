/**
 * @file Vectors in C, as GCC and Clang extend it: types `F16` (16 floats), `D16` (the doubles that as many bytes hold), and
 * what the loop IR does with them, on any machine. `F1` and `D1` are plain numbers.
 *
 * Every function does to a lane what WebAssembly's instruction does, to the bit: `max` is its pseudo-maximum, a mask is
 * all ones or all zeros, an integer wraps. Vectors of doubles are only loaded and narrowed.
 *
 * `spread` puts a number from memory into all lanes, as an integer: of 16 floats, Zen 4 does that beside arithmetic for nothing,
 * and as a float (vbroadcastss) it costs a fifth of a tile's time. `stream` loads, and asks for what is read some tiles later.
 */

/** C's name of the type of a value. */
export const typeName = (precision: 'single' | 'double', lanes: number): string =>
  `${precision === 'single' ? 'F' : 'D'}${lanes}`;

/** Before any width's own. */
export const header = `
#define INLINE static inline __attribute__((always_inline))
#define VECTOR(bytes) __attribute__((vector_size(bytes)))
#define IN_MEMORY(bytes, unit) __attribute__((vector_size(bytes), aligned(unit), may_alias))
#if defined(__AVX512VL__) && !defined(__clang__)
#define PACKS
#endif
`;

const listOf = (count: number, item: (lane: number) => string): string =>
  Array.from({ length: count }, (_, lane) => item(lane)).join(', ');

/** Bits of a value, as unsigned integers, and back; loads and stores; for floats or doubles of either kind. */
function bitwise(type: string, bits: string): string {
  return `
INLINE ${type} load_${type}(const char *p) { return *(const ${type}M *)p; }
INLINE ${type} stream_${type}(const char *p) { __builtin_prefetch(p + 16384); return load_${type}(p); }
INLINE void store_${type}(char *p, ${type} a) { *(${type}M *)p = a; }
INLINE ${type} and_${type}(${type} a, ${type} b) { return of_${bits}(${bits}_of(a) & ${bits}_of(b)); }
INLINE ${type} select_${type}(${type} mask, ${type} a, ${type} b) {
  return of_${bits}((${bits}_of(mask) & ${bits}_of(a)) | (~${bits}_of(mask) & ${bits}_of(b)));
}`;
}

/** GCC makes no instruction of a comparison and a choice, so on x86 it is named: the second operand where neither is greater. */
function extremes(F: string, lanes: number): string {
  const named = (kind: 'max' | 'min'): string => {
    const own = `__builtin_ia32_${kind}ps`;
    if (lanes === 16) return `${own}512_mask(b, a, a, (unsigned short)-1, 4)`;
    return `${own}${lanes === 8 ? '256' : ''}(b, a)`;
  };
  const both = (max: string, min: string): string =>
    `INLINE ${F} max_${F}(${F} a, ${F} b) { return ${max}; }\nINLINE ${F} min_${F}(${F} a, ${F} b) { return ${min}; }`;
  return `
#if defined(__x86_64__) && !defined(__clang__)
${both(named('max'), named('min'))}
#else
${both(`select_${F}(greater_${F}(b, a), b, a)`, `select_${F}(greater_${F}(a, b), b, a)`)}
#endif`;
}

/** What AVX-512 makes lists with: which floats are not 0; and those of a vector, or of equal steps, that are, side by side. */
function packing(F: string, U: string, lanes: number): string {
  const bits = 32 * lanes;
  const [mask, rounding] = lanes === 16 ? ['short', ', 4'] : ['char', ''];
  return `
#ifdef PACKS
INLINE unsigned live_${F}(${F} a) {
  return (unsigned ${mask})__builtin_ia32_cmpps${bits}_mask(a, (${F}){}, 4, -1${rounding});
}
INLINE void pack_${F}(char *p, ${F} a, unsigned live) {
  store_${F}(p, __builtin_ia32_compresssf${bits}_mask(a, (${F}){}, live));
}
INLINE void packSteps_${F}(char *p, unsigned first, unsigned step, unsigned live) {
  pack_${F}(p, (${F})(first + step * (${U}){${listOf(lanes, String)}}), live);
}
#endif`;
}

function vectors(lanes: number): string {
  const [F, D, U, I] = ['F', 'D', 'U', 'I'].map((letter) => letter + lanes) as [string, string, string, string];
  const [bytes, doubles] = [4 * lanes, lanes / 2];
  return `
typedef float ${F} VECTOR(${bytes});
typedef float ${F}M IN_MEMORY(${bytes}, 4);
typedef float ${F}H VECTOR(${bytes / 2});
typedef unsigned ${U} VECTOR(${bytes});
typedef int ${I} VECTOR(${bytes});
typedef double ${D} VECTOR(${bytes});
typedef double ${D}M IN_MEMORY(${bytes}, 8);
INLINE ${U} ${U}_of(${F} a) { return (${U})a; }
INLINE ${F} of_${U}(${U} a) { return (${F})a; }
INLINE ${F} splat_${F}(float a) { return (${F}){${listOf(lanes, () => 'a')}}; }
INLINE ${D} splat_${D}(double a) { return (${D}){${listOf(doubles, () => 'a')}}; }
INLINE ${F} bits_${F}(unsigned a) { return (${F})(${U}){${listOf(lanes, () => 'a')}}; }
INLINE ${F} spread_${F}(const char *p) { return bits_${F}(U1_of(load_F1(p))); }
INLINE ${D} spread_${D}(const char *p) { return splat_${D}(load_D1(p)); }
INLINE ${F} gather_${F}(const char *p, long s, int n) { return (${F}){${listOf(lanes, (lane) => `${lane} < n ? load_F1(p + ${lane} * s) : 0`)}}; }
INLINE ${D} gather_${D}(const char *p, long s, int n) { return (${D}){${listOf(doubles, (lane) => `${lane} < n ? load_D1(p + ${lane} * s) : 0`)}}; }
INLINE ${D} load_${D}(const char *p) { return *(const ${D}M *)p; }${bitwise(F, U)}
INLINE ${F} sqrt_${F}(${F} a) { ${F} r; for (int n = 0; n < ${lanes}; n++) r[n] = __builtin_sqrtf(a[n]); return r; }
INLINE ${F} equal_${F}(${F} a, ${F} b) { return (${F})(a == b); }
INLINE ${F} greater_${F}(${F} a, ${F} b) { return (${F})(a > b); }
INLINE ${F} greaterEqual_${F}(${F} a, ${F} b) { return (${F})(a >= b); }${extremes(F, lanes)}
INLINE ${F} convert_${F}(${F} a) { return __builtin_convertvector((${I})a, ${F}); }
INLINE ${F} shiftRight_${F}(${F} a, int n) { return (${F})((${I})a >> n); }
INLINE ${F} narrow_${D}(${D} a) {
  ${F} r = {}; ${F}H h = __builtin_convertvector(a, ${F}H);
  __builtin_memcpy(&r, &h, sizeof h);
  return r;
}
INLINE ${F} joinHalves_${F}(${F} a, ${F} b) { __builtin_memcpy((char *)&a + ${bytes / 2}, &b, ${bytes / 2}); return a; }
INLINE ${F} swap_${F}(${F} a, int n) { return (${F}){${listOf(lanes, (lane) => `a[${lane} ^ n]`)}}; }${packing(F, U, lanes)}`;
}

function numbers(type: 'F1' | 'D1', name: 'float' | 'double', bits: 'U1' | 'L1', bitsName: string): string {
  return `
typedef ${name} ${type};
typedef ${name} ${type}M __attribute__((may_alias));
typedef ${bitsName} ${bits};
INLINE ${bits} ${bits}_of(${type} a) { ${bits} r; __builtin_memcpy(&r, &a, sizeof r); return r; }
INLINE ${type} of_${bits}(${bits} a) { ${type} r; __builtin_memcpy(&r, &a, sizeof r); return r; }
${bitwise(type, bits)}
INLINE ${type} splat_${type}(${type} a) { return a; }
INLINE ${type} spread_${type}(const char *p) { return load_${type}(p); }
INLINE ${type} gather_${type}(const char *p, long s, int n) { return load_${type}(p); }
INLINE ${type} max_${type}(${type} a, ${type} b) { return a < b ? b : a; }
INLINE ${type} min_${type}(${type} a, ${type} b) { return b < a ? b : a; }
INLINE ${type} sqrt_${type}(${type} a) { return ${name === 'float' ? '__builtin_sqrtf' : '__builtin_sqrt'}(a); }
INLINE ${type} equal_${type}(${type} a, ${type} b) { return of_${bits}(-(${bits})(a == b)); }
INLINE ${type} greater_${type}(${type} a, ${type} b) { return of_${bits}(-(${bits})(a > b)); }
INLINE ${type} greaterEqual_${type}(${type} a, ${type} b) { return of_${bits}(-(${bits})(a >= b)); }`;
}

/** Plain numbers, which vectors need for their gathers. */
const single = `${numbers('F1', 'float', 'U1', 'unsigned')}${numbers('D1', 'double', 'L1', 'unsigned long long')}
INLINE F1 bits_F1(unsigned a) { return of_U1(a); }
INLINE F1 convert_F1(F1 a) { return (float)(int)U1_of(a); }
INLINE F1 shiftRight_F1(F1 a, int n) { return of_U1((unsigned)((int)U1_of(a) >> n)); }
INLINE D1 widen_F1(F1 a) { return a; }
INLINE F1 narrow_D1(D1 a) { return (float)a; }
INLINE D1 absolute_D1(D1 a) { return of_L1(L1_of(a) & 0x7fffffffffffffffull); }`;

/** What does not depend on the kind of vector. */
function shared(F: string, U: string): string {
  return `
INLINE ${F} absolute_${F}(${F} a) { return of_${U}(${U}_of(a) & 0x7fffffffu); }
INLINE ${F} integerAdd_${F}(${F} a, ${F} b) { return of_${U}(${U}_of(a) + ${U}_of(b)); }
INLINE ${F} integerSubtract_${F}(${F} a, ${F} b) { return of_${U}(${U}_of(a) - ${U}_of(b)); }
INLINE ${F} shiftLeft_${F}(${F} a, int n) { return of_${U}(${U}_of(a) << n); }`;
}

/** @param widths the numbers of lanes that are needed beside 1 */
export function prelude(widths: readonly number[]): string {
  return [
    header,
    single,
    shared('F1', 'U1'),
    ...widths.flatMap((lanes) => [vectors(lanes), shared(`F${lanes}`, `U${lanes}`)]),
  ].join('\n');
}
