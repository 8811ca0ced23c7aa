using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MistralStudio.Data.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class KnowledgeSettings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Header",
                table: "Passages",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "ParentEnd",
                table: "Passages",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "ParentStart",
                table: "Passages",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "Settings",
                table: "KnowledgeBases",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "SettingsVersion",
                table: "KnowledgeBases",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "Blocks",
                table: "DocumentTexts",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.AddColumn<string>(
                name: "Notes",
                table: "Documents",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "TextSha256",
                table: "Documents",
                type: "TEXT",
                maxLength: 64,
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Passages_ContentHash",
                table: "Passages",
                column: "ContentHash");

            migrationBuilder.CreateIndex(
                name: "IX_Documents_KnowledgeBaseId_TextSha256",
                table: "Documents",
                columns: new[] { "KnowledgeBaseId", "TextSha256" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Passages_ContentHash",
                table: "Passages");

            migrationBuilder.DropIndex(
                name: "IX_Documents_KnowledgeBaseId_TextSha256",
                table: "Documents");

            migrationBuilder.DropColumn(
                name: "Header",
                table: "Passages");

            migrationBuilder.DropColumn(
                name: "ParentEnd",
                table: "Passages");

            migrationBuilder.DropColumn(
                name: "ParentStart",
                table: "Passages");

            migrationBuilder.DropColumn(
                name: "Settings",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "SettingsVersion",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "Blocks",
                table: "DocumentTexts");

            migrationBuilder.DropColumn(
                name: "Notes",
                table: "Documents");

            migrationBuilder.DropColumn(
                name: "TextSha256",
                table: "Documents");
        }
    }
}
