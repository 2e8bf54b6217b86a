/// Calls so deep that the stack overflows wherever a tail call is lost.
module Functional.Recursion

let rec even n = if n = 0 then true else odd (n - 1)

and odd n = if n = 0 then false else even (n - 1)

/// Continuations: every step is a closure that is called last.
let rec sumBy list (k: int64 -> 'r) : 'r =
    match list with
    | [] -> k 0L
    | x :: rest -> sumBy rest (fun s -> k (s + int64 x))

/// A tail call through an interface, with a large struct as argument.
[<Struct>]
type Step = { A: int64; B: int64; C: int64; D: int64 }

type IMachine =
    abstract Run: Step -> int -> int64

type Ping(other: IMachine ref) =
    interface IMachine with
        member _.Run step n =
            if n = 0 then
                step.A + step.B + step.C + step.D
            else
                other.Value.Run { step with A = step.A + 1L; D = step.B } (n - 1)

type Pong(other: IMachine ref) =
    interface IMachine with
        member _.Run step n =
            if n = 0 then
                step.A - step.D
            else
                other.Value.Run { step with B = step.B + 2L; C = step.A } (n - 1)

/// More arguments on the stack than the caller has: needs the runtime's helper.
let rec few (n: int) (a: int64) : int64 =
    if n = 0 then a else many (n - 1) a 1L 2L 3L 4L 5L 6L 7L 8L

and many (n: int) (a: int64) (b: int64) (c: int64) (d: int64) (e: int64) (f: int64) (g: int64) (h: int64) (i: int64) : int64 =
    if n = 0 then
        a + b + c + d + e + f + g + h + i
    else
        few (n - 1) (a + b + i)

let run () =
    let ping = ref Unchecked.defaultof<IMachine>
    let pong = ref Unchecked.defaultof<IMachine>
    ping.Value <- Ping pong
    pong.Value <- Pong ping
    printfn "even %b %b" (even 1_000_000) (odd 1_000_001)
    printfn "continuations %d" (sumBy [ 1..300_000 ] id)
    printfn "machines %d" (ping.Value.Run { A = 0L; B = 0L; C = 0L; D = 0L } 400_001)
    printfn "arguments %d" (few 400_001 0L)
