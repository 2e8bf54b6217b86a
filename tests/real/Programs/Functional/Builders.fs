/// Computation expressions, closures, patterns and printf.
module Functional.Builders

open System
open System.Collections.Generic

type Attempt<'t> = Result<'t, string>

type AttemptBuilder() =
    member _.Bind(value: Attempt<'a>, next: 'a -> Attempt<'b>) : Attempt<'b> =
        match value with
        | Ok x -> next x
        | Error e -> Error e

    member _.Return(value: 'a) : Attempt<'a> = Ok value
    member _.ReturnFrom(value: Attempt<'a>) = value
    member _.Zero() : Attempt<unit> = Ok()
    member _.Delay(f: unit -> Attempt<'a>) = f
    member _.Run(f: unit -> Attempt<'a>) = f ()

    member _.TryWith(body: unit -> Attempt<'a>, handler: exn -> Attempt<'a>) =
        try
            body ()
        with e ->
            handler e

let attempt = AttemptBuilder()

let divide a b : Attempt<int> =
    if b = 0 then Error "division by zero" else Ok(a / b)

let compute a b c =
    attempt {
        let! x = divide a b
        let! y = divide x c
        return x + y
    }

type Expression =
    | Number of int
    | Add of Expression * Expression
    | Multiply of Expression * Expression
    | Let of string * Expression * Expression
    | Name of string

exception Unbound of name: string * scope: int

let rec evaluate (scope: Map<string, int>) =
    function
    | Number n -> n
    | Add(a, b) -> evaluate scope a + evaluate scope b
    | Multiply(a, b) -> evaluate scope a * evaluate scope b
    | Let(name, value, body) -> evaluate (scope.Add(name, evaluate scope value)) body
    | Name name ->
        match scope.TryFind name with
        | Some value -> value
        | None -> raise (Unbound(name, scope.Count))

let (|Even|Odd|) n = if n % 2 = 0 then Even else Odd

let inline twice (f: ^a -> ^a) x = f (f x)

let fibonacci = Seq.unfold (fun (a, b) -> Some(a, (b, a + b))) (0I, 1I)

let memoized =
    let cache = Dictionary<int, int64>()

    let rec fib n =
        match cache.TryGetValue n with
        | true, value -> value
        | _ ->
            let value = if n < 2 then int64 n else fib (n - 1) + fib (n - 2)
            cache[n] <- value
            value

    fib

let collatz n =
    n |> Seq.unfold (fun i -> if i = 0 then None else Some(i, (if i = 1 then 0 else match i with Even -> i / 2 | Odd -> 3 * i + 1)))

let run () =
    printfn "%A %A %A" (compute 100 5 2) (compute 1 0 2) (compute 10 2 0)
    printfn "%A" (attempt { return! (try failwith "inside" with Failure m -> Error m) })
    let expression = Let("x", Add(Number 3, Number 4), Multiply(Name "x", Let("y", Number 2, Add(Name "y", Name "x"))))
    printfn "%d %A" (evaluate Map.empty expression) expression

    try
        evaluate Map.empty (Add(Number 1, Name "z")) |> ignore
    with
    | Unbound(name, scope) as e -> printfn "unbound %s %d\n%s" name scope (string e)

    printfn "%s" (fibonacci |> Seq.item 200 |> string)
    printfn "%d %d" (memoized 80) (twice (fun x -> x * 3) 7)
    printfn "%d %A" (Seq.length (collatz 97)) (collatz 6 |> List.ofSeq)
    printfn "%A" [ for i in 1..4 do if i % 2 = 1 then yield! [ i; i * i ] ]
    printfn "%-8s|%8.3f|%05d|%x|%O|%+d" "left" Math.PI 42 255 (Some 3) 7
    printfn "%s" (sprintf "%A" {| Name = "anonymous"; Values = [| 1.5; 2.5 |] |})

    let work = async {
        let square i = async {
            do! Async.Sleep 1
            return i * i
        }

        let! parts = [ 1..5 ] |> List.map square |> Async.Parallel
        try
            if parts.Length = 5 then failwith "after parallel"
        with e ->
            printfn "async caught %s" e.Message
        return Array.sum parts
    }

    printfn "async %d" (Async.RunSynchronously work)

    let answer = task {
        let mutable sum = 0
        for i in 1..3 do
            let! x = task { return i * 10 }
            sum <- sum + x
        return sum
    }

    printfn "task %d" answer.Result
    let mailbox = MailboxProcessor.Start(fun inbox ->
        let rec loop total = async {
            let! (value: int, reply: AsyncReplyChannel<int>) = inbox.Receive()
            reply.Reply(total + value)
            return! loop (total + value)
        }
        loop 0)

    printfn "mailbox %A" [ for i in 1..4 -> mailbox.PostAndReply(fun reply -> i, reply) ]
    let quoted = <@ fun x -> x * 2 + 1 @>
    printfn "%A" quoted
    printfn "%s" (Text.RegularExpressions.Regex.Replace("a1b22", "\d+", fun m -> $"<{m.Value}>"))
