Console.WriteLine("Choose a benchmark.");
