module Functional.Program

[<EntryPoint>]
let main args =
    Recursion.run ()
    Builders.run ()
    printfn "%s" ((System.Diagnostics.StackTrace true).ToString())

    try
        List.map (fun i -> 10 / (i - 2)) [ 1; 2; 3 ] |> ignore
    with e ->
        printfn "%O" e

    args.Length + 3
