using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MistralStudio.Data.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class IndexPlacements : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "MoveErrorCode",
                table: "KnowledgeBases",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "MoveErrorMessage",
                table: "KnowledgeBases",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "MoveErrorNext",
                table: "KnowledgeBases",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "MoveProgress",
                table: "KnowledgeBases",
                type: "REAL",
                nullable: false,
                defaultValue: 0.0);

            migrationBuilder.AddColumn<string>(
                name: "MovingTo",
                table: "KnowledgeBases",
                type: "TEXT",
                maxLength: 20,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Store",
                table: "KnowledgeBases",
                type: "TEXT",
                maxLength: 20,
                nullable: false,
                defaultValue: "Embedded");

            migrationBuilder.AddColumn<string>(
                name: "Metadata",
                table: "Documents",
                type: "TEXT",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "MoveErrorCode",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "MoveErrorMessage",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "MoveErrorNext",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "MoveProgress",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "MovingTo",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "Store",
                table: "KnowledgeBases");

            migrationBuilder.DropColumn(
                name: "Metadata",
                table: "Documents");
        }
    }
}
