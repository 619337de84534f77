export async function seedCatalog(_: { mysqlUrl: string; s3Endpoint: string; bucket: string }) {
  return { products: 0 }
}
