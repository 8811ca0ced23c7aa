using MistralStudio.Web.Hosting;

return await CommandLine.Create(args).Parse(args).InvokeAsync();

/// <summary>The entry point, public so that tests can start the server in their own process.</summary>
public partial class Program;
