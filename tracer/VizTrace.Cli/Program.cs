Console.WriteLine("viztrace");
